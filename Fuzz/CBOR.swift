// modules: CBORCoding
import CBORCoding

/// No input traps; what strict mode takes is exactly what we encode; what tolerant mode takes, strict mode takes once we
/// have encoded it; skipping and reading judge alike.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCBOR(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let value = try? CBORValue.decode(bytes, mode: .strict) {
        precondition(value.encoded() == bytes, "strict mode took what is not deterministic")
    }
    let tolerated = try? CBORValue.decode(bytes, mode: .tolerant)
    if let encoded = tolerated?.encoded() {
        precondition((try? CBORValue.decode(encoded))?.encoded() == encoded, "an encoding is not deterministic")
    }
    for mode in [CBORMode.strict, .tolerant] {
        var decoder = CBORDecoder(bytes, mode: mode)
        let isSkipped = (try? decoder.skipItem()) != nil && decoder.isAtEnd
        precondition(isSkipped == ((try? CBORValue.decode(bytes, mode: mode)) != nil), "skipping judges otherwise")
        var run = CBORDecoder(bytes, mode: mode)
        var single = CBORDecoder(bytes, mode: mode)
        let values = try? run.decodeIntegers()
        let singles = try? single.decodeArray { (decoder) throws(CBORError) in try decoder.decodeInt64() }
        precondition(values == singles, "the fast path reads otherwise")
        var integerKeys = CBORDecoder(bytes, mode: mode)
        try? integerKeys.decodeMap { _, _ in }
        var textKeys = CBORDecoder(bytes, mode: mode)
        try? textKeys.decodeTextMap { _, _ in }
    }
    return 0
}
