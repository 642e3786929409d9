import ArgumentParser
import JSONCoding

struct InhibitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inhibit", abstract: "Hold updates back.",
        subcommands: [
            InhibitAddCommand.self, InhibitListCommand.self, InhibitRemoveCommand.self,
        ])

    static func lines(_ answer: JSONValue) -> [String] {
        let inhibits = answer.list("inhibits")
        guard !inhibits.isEmpty else { return ["nothing holds updates back"] }
        var table = TextTable(["NAME", "DEVICE", "UNTIL"])
        for inhibit in inhibits {
            table.add([
                inhibit.text("name"), inhibit["device"]?.stringValue ?? "all",
                inhibit["until_ms"]?.integerValue.map(UTCTime.text(milliseconds:)) ?? "removed",
            ])
        }
        return table.lines
    }
}
