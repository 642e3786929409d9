import CBORCoding
import CORProtocol
import SMPProtocol

// What the device may free: firmware-specs/device-behaviour.md, section 3.
extension DeviceSession {
    /// Begins a pass over the device's records.
    ///
    /// A device that compares proofs lists all that it keeps: an acknowledgement says which records it means, so what an
    /// earlier session handled and could not acknowledge is read again. Others are told at once up to where all is handled,
    /// and list what comes after it.
    mutating func beginPass(_ peer: SessionPeer, at now: TimeBlock) -> [SessionEffect] {
        guard !peer.comparesProofs else { return next(peer, RecordQueue(after: 0), at: now) }
        return acknowledge(peer, upTo: handledUpTo, remaining: RecordQueue(after: handledUpTo), at: now)
    }

    mutating func acknowledge(
        _ peer: SessionPeer, upTo sequence: UInt64, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard sequence > 0 else { return next(peer, remaining, at: now) }
        state = .connected(peer, .acknowledging(upTo: sequence, remaining: remaining))
        let request = RecordAcknowledgeRequest(
            upToSequence: sequence, proof: peer.comparesProofs ? remaining.proof(upTo: sequence) : nil)
        return [.request(.write, .recordAcknowledge, payload: request.encoded())]
    }

    /// Uncertain: the device may have freed the records or not. The list tells.
    mutating func acknowledgementUnanswered(_ peer: SessionPeer, remaining: RecordQueue) -> [SessionEffect] {
        list(peer, remaining.restarted(after: peer.comparesProofs ? 0 : handledUpTo))
    }

    mutating func acknowledgementRefused(
        _ code: Int64, _ peer: SessionPeer, remaining: RecordQueue, at now: TimeBlock
    ) -> [SessionEffect] {
        guard peer.comparesProofs, code == Int64(CORReturnCode.proofDiffers.rawValue) else {
            return next(peer, remaining, at: now)
        }
        // A list or the request itself was altered on its way, or the device lost a record meanwhile. It has freed nothing.
        let audit = listFault("acknowledgement-differs: the device keeps other records than were listed", peer, at: now)
        var again = remaining.restarted(after: 0)
        again.disputeCount += 1
        guard again.disputeCount < configuration.limits.disputeCountMax else {
            return [.audit(audit)] + wait(peer, at: now)
        }
        return [.audit(audit)] + list(peer, again)
    }
}

extension SessionPeer {
    var comparesProofs: Bool { identity.capabilities.contains(RecordAcknowledgeRequest.proofCapability) }
}
