// modules: USBProtocol
// lengthMax: 512
import USBProtocol

/// No input traps; descriptors that were read are read again from the bytes we make of them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUSBDescriptors(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let descriptors = try? USBDescriptors(decoding: bytes) {
        let again = try? USBDescriptors(decoding: descriptors.encoded())
        precondition(again == descriptors, "descriptors read back otherwise")
    }
    if let setup = USBSetup(decoding: bytes.prefix(USBSetup.byteCount)) {
        precondition(USBSetup(decoding: setup.encoded()) == setup, "a setup packet reads back otherwise")
    }
    return 0
}
