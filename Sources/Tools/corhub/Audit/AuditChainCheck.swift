import CBORCoding
import CORProtocol
import JSONCoding
import UpstreamClient

/// Checks audit entries one after the other, from their bytes (firmware-specs/cddl/audit.cddl).
struct AuditChainCheck {
    private(set) var count = 0
    private(set) var firstSequence: UInt64 = 0
    private(set) var nextSequence: UInt64 = 1
    private(set) var lastHash = SHA256Hash.zero

    /// Reads and checks everything that the agent still has.
    static func ofAgent(_ agent: ControlClient) async throws(CommandProblem) -> AuditChainCheck {
        var chain = AuditChainCheck()
        while true {
            let bytes = try await agent.bytes(HTTPRequest(.get, "/v1/audit/entries?from=\(chain.nextSequence)"))
            guard !bytes.isEmpty else { break }
            try chain.take(bytes)
        }
        let head = try await agent.get("/v1/audit?limit=1")["head"]
        try chain.finish(headSequence: head?["sequence"]?.integerValue ?? 0)
        return chain
    }

    /// - Parameter bytes: entries one behind the other, each deterministic CBOR (an RFC 8742 sequence).
    mutating func take(_ bytes: [UInt8]) throws(CommandProblem) {
        var decoder = CBORDecoder(bytes)
        while !decoder.isAtEnd {
            let entry: AuditEntry
            do {
                entry = try AuditEntry(from: &decoder)
            } catch {
                throw broken("entry \(nextSequence) cannot be read: \(error)")
            }
            try take(entry)
        }
    }

    /// The newest entry must be the one that the agent names as its head.
    func finish(headSequence: Int64) throws(CommandProblem) {
        // The agent may have added entries since they were read.
        guard UInt64(max(0, headSequence)) + 1 >= nextSequence else {
            throw broken("the agent names \(headSequence) as the newest entry, but there are more")
        }
    }

    private mutating func take(_ entry: AuditEntry) throws(CommandProblem) {
        if count == 0 {
            // Older entries were pruned behind the receipts that cover them.
            firstSequence = entry.sequence
            lastHash = entry.previousHash
        } else if entry.sequence != nextSequence {
            throw broken("entry \(nextSequence) is missing")
        }
        guard entry.isSealed(after: lastHash) else {
            throw broken("entry \(entry.sequence) does not continue the one before")
        }
        lastHash = entry.hash
        nextSequence = entry.sequence + 1
        count += 1
    }

    private func broken(_ reason: String) -> CommandProblem {
        CommandProblem(.failed, code: "chain-broken", reason)
    }
}
