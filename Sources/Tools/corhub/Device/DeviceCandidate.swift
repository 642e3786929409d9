import JSONCoding

/// A device within the agent's reach, and what stands between it and its use.
struct DeviceCandidate: Sendable {
    enum Need: Sendable {
        /// A BLE device that the hub has no keys of.
        case pairing
        case claim
        /// Ours already.
        case nothing
        /// It will not be worked with; or nobody has seen yet whose it is.
        case unusable(reason: String)
    }

    let address: String
    /// As it has proven; nil before that.
    let serial: String?
    let name: String?
    let link: String
    let signalStrength: Int64?
    let need: Need

    /// Nil for what is no candidate.
    init?(_ value: JSONValue) {
        guard let address = value["address"]?.stringValue, let state = value["state"]?.stringValue else { return nil }
        self.address = address
        serial = value["serial"]?.stringValue
        name = value["name"]?.stringValue
        link = value.text("link")
        signalStrength = value["signal_dbm"]?.integerValue
        need =
            switch state {
            case "unpaired": .pairing
            case "unclaimed": .claim
            case "connected": .nothing
            default: .unusable(reason: value["reason"]?.stringValue ?? "it is being looked for")
            }
    }

    /// The agent's list, with what keeps kinds of link from being looked on.
    static func all(of client: ControlClient) async throws(CommandProblem) -> (
        found: [DeviceCandidate], notes: [String]
    ) {
        let answer = try await client.get("/v1/candidates")
        return (
            answer.list("candidates").compactMap { DeviceCandidate($0) },
            answer.list("discovery").filter { $0["available"] != true }
                .map { "\($0.text("link")): \($0.text("reason"))" }
        )
    }

    /// By its serial number, its link, or the name that the household gave it.
    func isMeant(by text: String) -> Bool {
        serial == text || address.lowercased() == text.lowercased() || name == text
    }

    var isWanted: Bool {
        switch need {
        case .pairing, .claim: true
        case .nothing, .unusable: false
        }
    }

    /// "COR1-0001  usb  needs its button", for a choice.
    var line: String {
        let what =
            switch need {
            case .pairing: "to be paired and registered"
            case .claim: "to be registered"
            case .nothing: "already this hub's"
            case .unusable(let reason): reason.printable
            }
        let signal = signalStrength.map { ", \($0) dBm" } ?? ""
        let title = (serial ?? address).printable + (name.map { " \"\($0.printable)\"" } ?? "")
        return "\(title)  \(link)\(signal)  \(what)"
    }
}
