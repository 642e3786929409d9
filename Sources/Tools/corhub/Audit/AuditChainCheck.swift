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
    private var headSequence: UInt64 = 0
    private var headHash: String?

    /// Reads and checks everything that the agent still has, up to the entry that it names as its newest.
    ///
    /// - Parameter taken: Is given the bytes of entries that were found right, in their order.
    static func ofAgent(
        _ agent: ControlClient, taken: ([UInt8]) -> Void
    ) async throws(CommandProblem) -> AuditChainCheck {
        // The head is read first: entries that come meanwhile lie behind it.
        let head = try await agent.get("/v1/audit?limit=1")["head"]
        var chain = AuditChainCheck()
        chain.headSequence = UInt64(max(0, head?["sequence"]?.integerValue ?? 0))
        chain.headHash = head?["hash"]?.stringValue
        while true {
            let bytes = try await agent.bytes(HTTPRequest(.get, "/v1/audit/entries?from=\(chain.nextSequence)"))
            guard !bytes.isEmpty else { break }
            try chain.take(bytes)
            taken(bytes)
        }
        guard chain.nextSequence > chain.headSequence else {
            throw chain.broken("the agent names \(chain.headSequence) as its newest entry, and has none of that number")
        }
        return chain
    }

    /// Bytes of a file, at most: three years of entries at one a minute.
    private static let fileLengthMax = 512 << 20

    /// Checks an exported chain.
    ///
    /// - Parameter newest: The hash of its last entry, where it is known.
    static func ofFile(_ path: String, newest: SHA256Hash?) throws(CommandProblem) -> AuditChainCheck {
        var chain = AuditChainCheck()
        try chain.take(try WholeFile.read(path, lengthMax: fileLengthMax))
        guard chain.count > 0 else { throw chain.broken("\(path) holds no entry") }
        guard newest == nil || newest == chain.lastHash else {
            throw chain.broken("the newest entry is not the one that was named: entries are missing at the end")
        }
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

    private mutating func take(_ entry: AuditEntry) throws(CommandProblem) {
        if count == 0 {
            // Older entries were pruned behind the receipts that cover them.
            firstSequence = entry.sequence
            lastHash = entry.sequence == 1 ? .zero : entry.previousHash
        } else if entry.sequence != nextSequence {
            throw broken("entry \(nextSequence) is missing")
        }
        guard entry.isSealed(after: lastHash) else {
            throw broken("entry \(entry.sequence) does not continue the one before")
        }
        guard entry.sequence != headSequence || entry.hash.hex == headHash else {
            throw broken("entry \(entry.sequence) is not the one that the agent names as its newest")
        }
        lastHash = entry.hash
        nextSequence = entry.sequence + 1
        count += 1
    }

    private func broken(_ reason: String) -> CommandProblem {
        CommandProblem(.failed, code: "chain-broken", reason)
    }
}
