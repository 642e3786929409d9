/// One key of the configuration: what it means, and how its value gets into the configuration and out of it.
///
/// The table of these (`all`) is the only place that knows the keys: messages, `corhub config`, the manual page, the
/// example file and docs/configuration.md are made of it.
package struct ConfigurationKey: Sendable {
    /// What values a key takes.
    package enum Form: Sendable, Equatable {
        case text
        /// One of these words.
        case choice([String])
        /// true or false
        case flag
        /// A whole number within these bounds.
        case integer(ClosedRange<Int64>)
        /// A number with ms, s, m, h or d; the bounds are seconds.
        case duration(ClosedRange<Int64>)
        /// A number with kB, MB, GB, KiB, MiB or GiB; the bounds are bytes.
        case size(ClosedRange<Int>)
        /// At most so many strings, each once.
        case list(countMax: Int)
    }

    /// When a changed value is used, once SIGHUP had the files read again.
    package enum Reload: String, Sendable {
        case atOnce = "at once"
        /// The session under way goes on as it began.
        case nextSession = "from a device's next session"
        case restart = "after a restart"
    }

    package let path: String
    package let form: Form
    package let meaning: String
    /// As it is written in TOML.
    package let example: String
    /// What somebody gives up who sets it; nil where nothing is given up.
    package let danger: String?
    /// Its value is about a person: it is shown nowhere.
    package let isPersonal: Bool
    package let reload: Reload
    /// The first version that knows it.
    package let since: String

    /// Returns what is wrong with the value, or nil once it is set.
    let set: @Sendable (TOMLDocument.Value, inout HubConfiguration) -> String?
    /// The value as it is written in TOML; nil where none is set.
    let written: @Sendable (HubConfiguration) -> String?
    let copy: @Sendable (HubConfiguration, inout HubConfiguration) -> Void

    /// As it is written in TOML; nil where the key is absent by default.
    package var defaultText: String? { written(HubConfiguration()) }

    /// "devices" of "devices.links".
    package var section: String { String(path.prefix { $0 != "." }) }
    /// "links" of "devices.links".
    package var name: String { String(path.drop { $0 != "." }.dropFirst()) }

    var isList: Bool {
        if case .list = form { true } else { false }
    }

    package static func named(_ path: some StringProtocol) -> ConfigurationKey? {
        all.first { $0.path == path }
    }
}

extension ConfigurationKey.Form {
    /// For example "duration", "true or false".
    package var name: String {
        switch self {
        case .text: "string"
        case .choice(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .flag: "true or false"
        case .integer: "integer"
        case .duration: "duration"
        case .size: "size"
        case .list: "list of strings"
        }
    }

    /// For example "1s to 1d"; nil where any value of the form may be.
    package var range: String? {
        switch self {
        case .text, .flag, .choice: nil
        case .integer(let bounds): "\(bounds.lowerBound) to \(bounds.upperBound)"
        case .duration(let bounds):
            "\(Duration.seconds(bounds.lowerBound).written) to \(Duration.seconds(bounds.upperBound).written)"
        case .size(let bounds):
            "\(WrittenSize.text(bounds.lowerBound)) to \(WrittenSize.text(bounds.upperBound))"
        case .list(let countMax): "at most \(countMax)"
        }
    }
}
