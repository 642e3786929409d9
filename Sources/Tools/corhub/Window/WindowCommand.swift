import ArgumentParser
import JSONCoding

struct WindowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "window", abstract: "When updates may begin, in local time.",
        subcommands: [WindowShowCommand.self, WindowSetCommand.self])

    static func lines(_ answer: JSONValue) -> [String] {
        let window = answer["window"]?.stringValue ?? "at any time"
        let opens = answer["opens_ms"]?.integerValue.map { ", opens \(UTCTime.text(milliseconds: $0))" } ?? ""
        return ["\(window) (local time): \(answer.text("state"))\(opens)"]
    }
}
