import CORProtocol
import JSONCoding
import MCUbootImage
import TextEncodings

/// What `firmware verify` tells: docs/schemas/firmware-verification.json.
struct FirmwareReport {
    private let file: String
    private let fileLength: Int
    private let fileHash: SHA256Hash
    private let verdict: ImageVerdict

    init(file: String, bytes: [UInt8], policy: ImagePolicy) {
        self.file = file
        fileLength = bytes.count
        fileHash = SHA256Hash.of(bytes)
        verdict = ImageVerdict(of: bytes, under: policy)
    }

    var isAccepted: Bool {
        if case .accepted = verdict { true } else { false }
    }

    var json: JSONValue {
        var members = [
            JSONMember(name: "schema", value: "corhub/firmware-verification/1"),
            JSONMember(name: "verdict", value: isAccepted ? "accepted" : "refused"),
            JSONMember(
                name: "file",
                value: [
                    "path": .string(file), "length": .integer(Int64(fileLength)), "sha256": .string(fileHash.hex),
                ]),
        ]
        switch verdict {
        case .accepted(let image):
            members.append(JSONMember(name: "image", value: Self.json(of: image)))
        case .refused(let reason):
            members.append(
                JSONMember(
                    name: "reason",
                    value: ["code": .string(reason.code), "message": .string(reason.description)]))
        }
        return .object(members)
    }

    private static func json(of image: VerifiedImage) -> JSONValue {
        [
            "version": .string(image.header.version.description),
            "hash": .string(Hexadecimal.text(of: image.hash)),
            "length": .integer(Int64(image.bytes.count)),
            "payload_length": .integer(Int64(image.header.payloadLength)),
            "keys": .array(image.keyHashes.map { .string(Hexadecimal.text(of: $0)) }),
            "security_counter": image.facts.securityCounter.map { .integer(Int64($0)) } ?? .null,
            "dependencies": .array(
                image.facts.dependencies.map {
                    ["image": .integer(Int64($0.image)), "version_min": .string($0.versionMin.description)]
                }),
            "vendor_uuid": uuid(image.facts.vendorUUID),
            "class_uuid": uuid(image.facts.classUUID),
            "trailer": .string(word(for: image.trailer)),
            "payload_proof": .string(word(for: image.payloadProof)),
            "judged_for_device": .bool(image.isJudgedForDevice),
        ]
    }

    var lines: [String] {
        switch verdict {
        case .refused(let reason):
            return ["refused: \(reason) (\(reason.code))"]
        case .accepted(let image):
            var lines = [
                "accepted: version \(image.header.version), \(image.bytes.count) bytes, hash \(Hexadecimal.text(of: image.hash))"
            ]
            lines += image.keyHashes.map { "signed by  \(Hexadecimal.text(of: $0))" }
            if let counter = image.facts.securityCounter { lines.append("security counter \(counter)") }
            lines += image.facts.dependencies.map {
                "needs      image \($0.image) of version \($0.versionMin) or newer"
            }
            if image.payloadProof == .fileHashOnly {
                lines.append(
                    "encrypted: layout, the signature over the stated hash and the file's SHA-256 were checked, not the payload"
                )
            }
            if image.trailer != .none {
                lines.append("padded     with a trailer (\(Self.word(for: image.trailer))), which is never sent")
            }
            if !image.isJudgedForDevice {
                lines.append("not compared with a device: --device-state")
            }
            return lines
        }
    }

    private static func uuid(_ bytes: [UInt8]?) -> JSONValue {
        guard let bytes else { return .null }
        let digits = Hexadecimal.text(of: bytes)
        var groups: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            groups.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return .string(groups.joined(separator: "-"))
    }

    private static func word(for trailer: ImageTrailer) -> String {
        switch trailer {
        case .none: "none"
        case .test: "test"
        case .confirmed: "confirmed"
        }
    }

    private static func word(for proof: VerifiedImage.PayloadProof) -> String {
        switch proof {
        case .signedHash: "signed-hash"
        case .fileHashOnly: "file-hash-only"
        }
    }
}
