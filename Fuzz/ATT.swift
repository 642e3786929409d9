// modules: TextEncodings CBORCoding BluetoothProtocol
// lengthMax: 600
import BluetoothProtocol

/// No input traps, and what is read is written as it was.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzATT(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let pdu = try? ATTPDU(decoding: bytes) else { return 0 }
    switch pdu {
    case .unservedRequest, .ignored:
        precondition(pdu.opcode == bytes[0], "another opcode")
    default:
        precondition(pdu.encoded() == bytes, "a PDU is written otherwise than it was read")
    }
    return 0
}
