import HubAgent
import HubCore
import TextEncodings

/// Says at a terminal what an enrolment does, as it does it.
struct EnrolmentNarrator: Sendable {
    let isSilent: Bool

    func tell(_ progress: EnrolmentProgress) {
        guard !isSilent, StandardStreams.errorIsTerminal else { return }
        let line =
            switch progress {
            case .keysReady(let made): "✓ keys \(made ? "made on this hub" : "of this hub found")"
            case .upstreamKnown(let authority):
                "✓ the upstream is the one that was meant (\(authority.shortHexadecimal)…)"
            case .waits(let delay):
                "… somebody at the upstream has to agree; asking again in \(delay.components.seconds) s"
            case .certified(let use, let end):
                "✓ \(use.rawValue) key certified until \(UTCTime.text(milliseconds: end))"
            }
        StandardStreams.printErrorLine(line)
    }
}

extension [UInt8] {
    var hexadecimalText: String {
        Hexadecimal.text(of: self)
    }

    fileprivate var shortHexadecimal: String { String(hexadecimalText.prefix(16)) }
}
