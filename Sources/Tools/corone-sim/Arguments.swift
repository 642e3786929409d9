import ArgumentParser
import CORProtocol
import DeviceSimulator

extension DeviceSerial: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension FaultOrder: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension LineFaultOrder: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension USBFaultOrder: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}

extension LinkKind: ExpressibleByArgument {}

/// `--artefacts none,clot`.
struct ArtefactList: ExpressibleByArgument {
    let artefacts: [Artefact]

    init(_ artefacts: [Artefact]) {
        self.artefacts = artefacts
    }

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false)
        artefacts = names.compactMap { Artefact(rawValue: String($0)) }
        guard !names.isEmpty, artefacts.count == names.count else { return nil }
    }

    var defaultValueDescription: String {
        artefacts.map(\.rawValue).joined(separator: ",")
    }

    static var allValueStrings: [String] { [] }
}

/// `--interval 5s`: a number with ms, s, m or h.
struct DurationArgument: ExpressibleByArgument {
    let duration: Duration
    private let text: String

    /// A day is longer than any demonstration.
    private static let secondsMax = 86_400.0

    init?(argument: String) {
        let units: KeyValuePairs<String, Double> = ["ms": 0.001, "s": 1, "m": 60, "h": 3_600]
        guard let unit = units.first(where: { argument.hasSuffix($0.key) }),
            let number = Double(argument.dropLast(unit.key.count)), number >= 0,
            number * unit.value <= Self.secondsMax
        else { return nil }
        duration = .seconds(number * unit.value)
        text = argument
    }

    init(seconds: Int) {
        duration = .seconds(seconds)
        text = "\(seconds)s"
    }

    var defaultValueDescription: String { text }
}
