// modules: TextEncodings CBORCoding BluetoothProtocol
// lengthMax: 1700
import BluetoothProtocol

/// No input traps, and what is kept of it is bounded.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzAdvertising(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let data = try? AdvertisingData(decoding: bytes) else { return 0 }
    precondition(data.services.count <= AdvertisingData.serviceCountMax, "too many services")
    // What is no UTF-8 becomes three bytes for each.
    precondition((data.name?.utf8.count ?? 0) <= 3 * AdvertisingData.nameLengthMax, "the name is too long")
    precondition(2 * (data.services.count + data.unlistedServiceCount) <= bytes.count, "services from nowhere")
    return 0
}
