import HubCore

/// What the person at the terminal is asked while a device pairs, or what a script has answered beforehand.
struct PairingDialogue {
    /// The passkey that the device shows, known beforehand.
    var passkey: UInt32?
    /// The number that the device shows, known beforehand.
    var number: UInt32?
    var isJSON = false

    /// Blocks until the person has answered.
    func answer(_ question: PairingQuestion) -> PairingAnswer {
        switch question {
        case .compare(let asked):
            if let number { return number == asked ? .same : .different }
            guard !isJSON else { return .cancel }
            StandardStreams.printLine("Does the device show \(PairingNumber.text(asked))? [yes/no]")
            switch readLine() {
            case "yes", "y": return .same
            case "no", "n": return .different
            default: return .cancel
            }
        case .enterPasskey:
            if let passkey { return .passkey(passkey) }
            guard !isJSON else { return .cancel }
            StandardStreams.printLine("Which number does the device show?")
            guard let passkey = readLine().flatMap(PairingNumber.value) else { return .cancel }
            return .passkey(passkey)
        case .show(let passkey):
            StandardStreams.printErrorLine("Type \(PairingNumber.text(passkey)) on the device.")
            return .same
        }
    }
}
