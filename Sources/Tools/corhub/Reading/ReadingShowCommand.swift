import ArgumentParser
import ESRAnalysis
import JSONCoding

struct ReadingShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one reading and what was made of it.",
        discussion: """
            Examples: corhub reading show 8a1f6d02
                      corhub reading show 8a1f6d02 --age 52 --sex female

            Age and sex are used for the reference limit only; they are neither stored nor sent.
            """)

    @OptionGroup var control: ControlOptions
    @Argument(help: "The record id, or its first 8 digits and more.")
    var id: String

    @Option(help: "Age in years, 20 to 90, for the reference limit; goes with --sex.")
    var age: Int?

    @Option(help: "female or male, for the reference limit; goes with --age.")
    var sex: String?

    func validate() throws {
        guard (age == nil) == (sex == nil) else { throw ValidationError("--age and --sex go together") }
        if let sex, ReferenceInterval.Sex(rawValue: sex) == nil {
            throw ValidationError("--sex is female or male")
        }
        if let age, !ReferenceInterval.ageRange.contains(age) {
            throw ValidationError("--age is 20 to 90: the reference limit was made for no others")
        }
    }

    private var person: HouseholdWords.Person? {
        guard let age, let sex = sex.flatMap(ReferenceInterval.Sex.init) else { return nil }
        return HouseholdWords.Person(age: age, sex: sex)
    }

    func run() async throws {
        let output = control.output("reading show")
        try await output.run { () async throws(CommandProblem) in
            let answer = try await control.client().get("/v1/readings/\(id.pathSegment)")
            output.tell(answer) { Self.lines(answer["reading"] ?? .null, trend: answer["trend"], person: person) }
        }
    }

    static func lines(_ reading: JSONValue, trend: JSONValue? = nil, person: HouseholdWords.Person? = nil) -> [String] {
        var lines = [
            "reading    \(reading.text("record_id"))",
            "device     \(reading.text("device")), sequence \(reading.text("sequence")), \(reading.text("kind"))",
            "cartridge  \(reading.text("cartridge"))",
            "received   \(reading.time("received")) over \(reading.text("link")), \(reading.text("trust"))"
                + (reading.text("backfilled") == "yes" ? ", backfilled" : ""),
            "subject    \(reading.text("subject"))",
            "raw data   \(reading.text("length")) bytes, \(reading.text("bytes"))",
        ]
        for result in reading.list("results") {
            lines.append(
                "result     \(result.resultText) [\(result.text("algorithm")) \(result.text("version")), "
                    + "after \(result.text("output", "minutes")) min]")
        }
        if reading["awaits_subject"]?.boolValue == true {
            lines.append("result     waits: say whose it is with `corhub reading assign`")
        }
        if let latest = reading.list("results").last {
            lines += HouseholdWords(result: latest, trend: trend, person: person).lines.map { "           " + $0 }
        }
        return lines
    }
}
