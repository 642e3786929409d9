// modules: TUFMetadata Crypto CryptoExtras
import Crypto
import TUFMetadata

/// A root that its one key has signed for all roles.
private let root: [UInt8] = {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 7, count: 32)) else {
        preconditionFailure("no key")
    }
    func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    let point = hexadecimal(key.publicKey.rawRepresentation)
    let value = #"{"keytype":"ed25519","keyval":{"public":"\#(point)"},"scheme":"ed25519"}"#
    let name = hexadecimal(SHA256.hash(data: Array(value.utf8)))
    let roles = ["root", "snapshot", "targets", "timestamp"]
        .map { #""\#($0)":{"keyids":["\#(name)"],"threshold":1}"# }.joined(separator: ",")
    let signed =
        #"{"_type":"root","consistent_snapshot":true,"expires":"2999-01-01T00:00:00Z","keys":{"\#(name)":\#(value)},"#
        + #""roles":{\#(roles)},"spec_version":"1.0.34","version":1}"#
    guard let signature = try? key.signature(for: Array(signed.utf8)) else { preconditionFailure("no signature") }
    return Array(#"{"signatures":[{"keyid":"\#(name)","sig":"\#(hexadecimal(signature))"}],"signed":\#(signed)}"#.utf8)
}()

/// No input traps; canonical form is its own canonical form; no input is metadata that nobody has signed, wherever it comes from.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTUF(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if let form = try? CanonicalJSON.form(of: bytes), form.allSatisfy({ $0 >= 0x20 }) {
        guard let again = try? CanonicalJSON.form(of: form) else { preconditionFailure("canonical form is refused") }
        precondition(form == again, "canonical form has another")
    }
    var first = MetadataRefresh(startTime: 0)
    _ = first.handle(.started)
    let begun = first.handle(.loaded(bytes))
    precondition(bytes == root || isFailed(begun), "a root that nobody has signed")

    var refresh = MetadataRefresh(startTime: 0)
    _ = refresh.handle(.started)
    precondition(refresh.handle(.loaded(root)) == [.fetch(path: "2.root.json", lengthMax: 512_000)], "the root itself")
    var rotation = refresh
    precondition(isFailed(rotation.handle(.fetched(.success(bytes)))), "a new root that nobody has signed")
    _ = refresh.handle(.fetched(.failure(.status(404))))
    precondition(refresh.handle(.loaded(bytes)).count == 1, "a stored timestamp")
    precondition(isFailed(refresh.handle(.fetched(.success(bytes)))), "a timestamp that nobody has signed")
    return 0
}

private func isFailed(_ effects: [MetadataRefresh.Effect]) -> Bool {
    if case .finish(.failed) = effects.last { effects.count == 1 } else { false }
}
