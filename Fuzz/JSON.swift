// modules: JSONCoding
import JSONCoding

/// No input traps; what is read reads back the same from both forms that we write.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzJSON(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let value = try? JSONValue.parse(bytes) else { return 0 }
    precondition((try? JSONValue.parse(value.serialized())) == value, "the compact form reads back otherwise")
    precondition(
        (try? JSONValue.parse(value.serialized(pretty: true))) == value, "the pretty form reads back otherwise")
    return 0
}
