// modules: TextEncodings CBORCoding BluetoothProtocol
// lengthMax: 4200
import BluetoothProtocol
import CBORCoding

/// No input traps, as an event, as an answer to a command or as a file of bonds.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzManagement(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let packet = try? ManagementPacket(decoding: bytes) { check(packet.event, bytes) }
    _ = try? ManagementInformation(decoding: bytes)
    _ = try? ManagementAnswers.version(bytes)
    _ = try? ManagementAnswers.indexList(bytes)
    _ = try? ManagementAnswers.commands(bytes)
    _ = try? ManagementAnswers.settings(bytes)
    if let list = try? BluetoothBondList(decoding: bytes) {
        precondition(list.encoded() == bytes, "a bond list is written otherwise than it was read")
    }
    return 0
}

private func check(_ event: ManagementEvent, _ bytes: [UInt8]) {
    switch event {
    case .newLongTermKey(let key, _):
        precondition(key.encoded() == Array(bytes.suffix(LongTermKey.encodedByteCount)), "a key is loaded otherwise")
    case .confirmationRequested(_, let number, _), .passkeyNotified(_, let number, _):
        precondition(number <= ManagementEvent.numberMax, "more than six digits")
    case .deviceFound(_, let sighting):
        precondition(sighting.advertisingData.count <= AdvertisingData.lengthMax, "too long")
    default: return
    }
}
