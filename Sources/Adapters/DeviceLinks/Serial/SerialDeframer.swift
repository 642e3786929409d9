import SMPProtocol

/// Finds whole messages in the bytes of a serial line. What cannot be one is skipped, as a lossy link loses it.
struct SerialDeframer: Sendable {
    private enum Stream: Sendable {
        case console(ConsoleDecoder)
        case raw(SMPReassembler)
    }

    private var stream: Stream

    init(_ framing: SerialOptions.Framing) {
        switch framing {
        case .console:
            // Boot loaders answer in one line, however long.
            stream = .console(
                ConsoleDecoder(limits: ConsoleLimits(lineLengthMax: SerialOptions.lineLengths.upperBound)))
        case .raw:
            stream = .raw(SMPReassembler())
        }
    }

    /// Whether silence now means that the rest of a message was lost. Lines say by themselves where they begin.
    var isSilenceAnEnd: Bool {
        switch stream {
        case .console: false
        case .raw(let reassembler): reassembler.isAwaitingMore
        }
    }

    mutating func append(_ bytes: some Collection<UInt8>) -> [[UInt8]] {
        switch stream {
        case .console(var decoder):
            stream = .raw(SMPReassembler())  // Releases the decoder's buffers, so that they grow in place.
            defer { stream = .console(decoder) }
            return decoder.append(bytes).compactMap { finding in
                switch finding {
                case .message(let message): message
                case .refused: nil
                }
            }
        case .raw(var reassembler):
            stream = .raw(SMPReassembler())
            defer { stream = .raw(reassembler) }
            do throws(SMPError) {
                return try reassembler.append(bytes)
            } catch {
                return []  // The reassembler has dropped what it held, and begins anew.
            }
        }
    }

    /// Nothing came for a while.
    mutating func fellSilent() {
        if isSilenceAnEnd { stream = .raw(SMPReassembler()) }
    }
}
