import JSONCoding
import TUFMetadata

/// What one role says, and how it is signed.
struct SignedMetadata: Sendable {
    /// The version of the specification that this publisher writes.
    static let specification = "1.0.34"

    var signed: JSONValue

    init(_ signed: JSONValue) {
        self.signed = signed
    }

    init(type: String, version: Int64, expires: Int64, _ members: [JSONMember]) {
        signed = .object(
            [
                JSONMember(name: "_type", value: .string(type)),
                JSONMember(name: "spec_version", value: .string(Self.specification)),
                JSONMember(name: "version", value: .integer(version)),
                JSONMember(name: "expires", value: .string(MetadataTime.text(expires))),
            ] + members)
    }

    init(file bytes: [UInt8], path: String) throws(PublisherFault) {
        do throws(JSONError) {
            let envelope = try JSONValue.parse(bytes)
            guard let signed = envelope["signed"], signed["version"]?.integerValue != nil else {
                throw JSONError.truncated(offset: 0)
            }
            self.signed = signed
        } catch {
            throw .unreadable(path: path, reason: "no metadata: \(error)")
        }
    }

    var version: Int64 { signed["version"]?.integerValue ?? 0 }

    var expires: Int64 { signed["expires"]?.stringValue.flatMap { MetadataTime.seconds($0) } ?? 0 }

    /// The file's bytes, signed by all of the role's keys that are at hand.
    func file(role: String, keyIDs: [String], threshold: Int, ring: KeyRing) throws(PublisherFault) -> [UInt8] {
        let message = Self.canonical(signed)
        var signatures: [JSONValue] = []
        for identifier in keyIDs {
            guard let key = ring.keys[identifier] else { continue }
            signatures.append(
                ["keyid": .string(identifier), "sig": .string(try key.signature(over: message))])
        }
        guard signatures.count >= threshold else {
            throw .keysMissing(role: role, present: signatures.count, threshold: threshold)
        }
        let head = #"{"signatures":\#(JSONValue.array(signatures).serialized()),"signed":"#
        return Array(head.utf8) + message + [UInt8(ascii: "}")]
    }

    static func canonical(_ value: JSONValue) -> [UInt8] {
        do throws(CanonicalJSON.Fault) {
            return try CanonicalJSON.form(of: Array(value.serialized().utf8))
        } catch {
            preconditionFailure("metadata hold objects, texts and integers only")
        }
    }
}

extension JSONValue {
    /// The same object with one member replaced or added.
    func replacing(_ name: String, with value: JSONValue) -> JSONValue {
        var members = objectValue ?? []
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(JSONMember(name: name, value: value))
        }
        return .object(members)
    }
}
