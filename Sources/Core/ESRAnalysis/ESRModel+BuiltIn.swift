import TextEncodings

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
    package static var builtInBytes: [UInt8]? {
        ESRModelBytes.base64.withUTF8Buffer { Base64.decode(Array($0)[...]) }
    }
}
