extension ESRModel {
    /// The model that this program was built with; `nil` when its bytes do not have the hash that was built in beside
    /// them, and then there is no analysis.
    package static let builtIn: ESRModel? = {
        guard let bytes = builtInBytes else { return nil }
        do throws(ESRModelArtefact.Fault) {
            return ESRModel(try ESRModelArtefact(bytes, sha256: ESRModelBytes.sha256))
        } catch {
            return nil
        }
    }()

    /// The bytes of the built-in model, as models/esr/train.py wrote them; `nil` when they are damaged.
    package static var builtInBytes: [UInt8]? { bytes(base64: ESRModelBytes.base64) }

    /// The bytes that `text` stands for, RFC 4648 §4 with padding; `nil` when it is no base64.
    private static func bytes(base64 text: StaticString) -> [UInt8]? {
        text.withUTF8Buffer { characters in
            guard characters.count % 4 == 0 else { return nil }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(characters.count / 4 * 3)
            var bits: UInt32 = 0
            var digitCount = 0
            for (index, character) in characters.enumerated() {
                let digit: UInt8
                switch character {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
                case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
                case UInt8(ascii: "+"): digit = 62
                case UInt8(ascii: "/"): digit = 63
                case UInt8(ascii: "=") where index >= characters.count - 2: continue
                default: return nil
                }
                bits = bits << 6 | UInt32(digit)
                digitCount += 1
                if digitCount % 4 != 1 {
                    bytes.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32((digitCount - 1) % 4))))
                }
            }
            return bytes
        }
    }
}
