// modules: TextEncodings ESTProtocol SwiftASN1
import ESTProtocol

/// No input traps, as a body and as a message; what is read is written and read again as the same set of certificates.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzEST(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let decoded = try? ESTBase64.bytes(of: bytes, lengthMax: CertsOnlyMessage.lengthMax)
    if let decoded {
        precondition(
            (try? ESTBase64.bytes(of: Array(ESTBase64.text(of: decoded).utf8), lengthMax: CertsOnlyMessage.lengthMax))
                == decoded, "base64 reads back otherwise")
    }
    for message in [bytes, decoded ?? []] {
        guard let read = try? CertsOnlyMessage(decoding: message) else { continue }
        // A certificate in BER is read and cannot be written.
        guard let written = try? read.encoded() else { continue }
        let again = try? CertsOnlyMessage(decoding: written)
        precondition(
            again?.certificates.sorted { $0.lexicographicallyPrecedes($1) }
                == read.certificates.sorted { $0.lexicographicallyPrecedes($1) }, "the message reads back otherwise")
    }
    return 0
}
