import ESRAnalysis
import JSONCoding
import Testing

@testable import corhub

@Suite("Results in words of a household")
struct HouseholdWordsTests {
    private func lines(
        status: JSONValue, value: JSONValue, comparator: JSONValue = "=", reasons: [JSONValue] = [],
        person: HouseholdWords.Person? = nil
    ) -> [String] {
        let interval: JSONValue = value == .null ? .null : .array([.number(7.1), .number(15.2)])
        let output: JSONValue = [
            "status": status, "esr_mm_h": value, "comparator": comparator, "interval90": interval,
            "reasons": .array(reasons),
        ]
        return HouseholdWords(result: ["output": output], person: person).lines
    }

    private let closing = "A computed estimate, not a diagnosis. Talk to a doctor about what it means for you."

    @Test("A final result is told with its unit, its interval and that it is no diagnosis")
    func final() {
        #expect(
            lines(status: "final", value: .number(8.4)) == [
                "Result: about 8.4 mm/h.",
                "In 9 of 10 such measurements the true value lies between 7.1 and 15.2 mm/h.", closing,
            ])
    }

    @Test("A preliminary one is called early or uncertain, and says why")
    func preliminary() {
        let told = lines(status: "preliminary", value: .number(8.4), reasons: ["before-30-minutes"])
        #expect(told.first == "Early or uncertain estimate, not a result yet: about 8.4 mm/h.")
        #expect(told.contains(ESRReason.before30Minutes.sentence))
    }

    @Test("Beyond the range it is more than, never an exact value")
    func beyond() {
        let told = lines(status: "final", value: .number(140), comparator: ">", reasons: ["above-range"])
        #expect(told.first == "Result: more than 140.0 mm/h.")
    }

    @Test("No result has no number and no reference limit, a reason and what to do")
    func noResult() {
        let person = HouseholdWords.Person(age: 60, sex: .male)
        let told = lines(
            status: "no-result", value: .null, reasons: ["level-step", "made-up\u{1B}[2J"], person: person)
        #expect(told.first == "There is no result.")
        #expect(told.contains(ESRReason.levelStep.sentence))
        #expect(told.contains("Measure again with a new cartridge; if it happens again, ask for help."))
        #expect(!told.joined().contains("Miller"))
        #expect(!told.joined().contains("\u{1B}"))
    }

    @Test("The reference limit stands there only when age and sex were given")
    func reference() {
        let person = HouseholdWords.Person(age: 60, sex: .female)
        let told = lines(status: "final", value: .number(8.4), person: person)
        #expect(told.contains { $0.contains("up to 35.0 mm/h") })
        #expect(!lines(status: "final", value: .number(8.4)).joined().contains("Miller"))
    }

    @Test("Every reason has a sentence that ends like one, of at most 20 words")
    func sentences() {
        for reason in ESRReason.allCases {
            #expect(reason.sentence.hasSuffix("."))
            #expect(reason.sentence.split(separator: " ").count <= 20)
        }
    }
}
