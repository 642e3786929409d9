package import BluetoothProtocol

package enum AdapterEvent: Sendable, Equatable {
    /// Read at the start, and whenever `readFacts` asks.
    case factsRead(AdapterFacts)
    case received(ManagementPacket)
    /// The management socket failed.
    case socketFailed(code: Int32)
    case timerFired(AdapterTimer)
    /// Whether anybody wants to know which devices are within reach.
    case scanWanted(Bool)
    /// A local user allows pairing for a while.
    case windowOpened
    case windowClosed
    case pairRequested(BluetoothAddress)
    case pairingAnswered(PairingAnswer)
    case bondsPersisted(Bool)
    /// A local user, or the session since the device's certificate is refused.
    case unpairRequested(BluetoothAddress)
    /// So many links await their device: while one does, scans show that the controller still works.
    case linksAwaited(count: Int)
    case linkOpened(BluetoothPeer)
    /// A link that was made broke before it was of use.
    case linkFailed(BluetoothPeer)
}

package enum AdapterEffect: Sendable, Equatable {
    /// A whole packet for the management socket.
    case send([UInt8])
    case startTimer(AdapterTimer, after: Duration)
    /// Looks who owns the adapter and opens the management socket, if there is none; `factsRead` follows.
    case readFacts
    /// As `readFacts`, with a new socket in any case.
    case reopenSocket
    /// Takes the power from the controller with this index without asking it, as from one that hangs.
    case forceOff(index: UInt16)
    case tell(DiscoveryEvent)
    case ask(PairingQuestion)
    case pairingEnded(Result<BluetoothPeer, PairingRefusal>)
    case unpaired(BluetoothAddress, wasBonded: Bool)
    /// Makes the list durable; `bondsPersisted` follows before any other event.
    case persist(BluetoothBondList)
    /// Links may be opened to these, and to no others.
    case permit(BluetoothBondList)
    /// Every link ends: the adapter goes off.
    case dropLinks
    case audit(AdapterAuditNote)
}

/// An audit entry before it has its time and its actor.
package struct AdapterAuditNote: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case pairing
        case unpair
    }

    package var kind: Kind
    /// The device's address as people write it.
    package var subject: String
    package var outcome: AuditOutcome
    package var detail: String

    package init(kind: Kind, subject: String, outcome: AuditOutcome, detail: String) {
        self.kind = kind
        self.subject = subject
        self.outcome = outcome
        self.detail = detail
    }
}
