import Crypto
import Testing

@testable import MCUbootImage

@Suite("Layout of an image")
struct ImageLayoutTests {
    private let signer = ImageForge.Signer.ed25519(Curve25519.Signing.PrivateKey())

    /// The verdict on an image that is signed as it is.
    private func verdict(_ change: (inout ImageForge) -> Void) throws -> String {
        var forge = ImageForge()
        change(&forge)
        return code(ImageVerdict(of: try forge.image(signedBy: signer), under: ImagePolicy(keys: [try signer.key()])))
    }

    @Test("An image of the plainest kind is accepted, and told as it is")
    func plain() throws {
        let forge = ImageForge()
        let file = try forge.image(signedBy: signer)
        guard case .accepted(let image) = ImageVerdict(of: file, under: ImagePolicy(keys: [try signer.key()])) else {
            Issue.record("refused")
            return
        }
        #expect(image.bytes == file)
        #expect(image.hash == forge.digest)
        #expect(image.header.version == ImageVersion(major: 1, minor: 2, revision: 3, build: 4))
        #expect(image.header.payloadLength == ImageForge.payloadLength)
        #expect(image.keyHashes == [try signer.key().hash])
        #expect(image.payloadProof == .signedHash)
        #expect(image.trailer == .none)
        #expect(!image.isJudgedForDevice)
    }

    @Test("What the header alone makes wrong is refused, signed or not")
    func header() throws {
        #expect(try verdict { $0.magic = 0x96F3_B83C } == "magic-wrong")
        #expect(try verdict { $0.headerLength = 28 } == "header-length-wrong")
        #expect(try verdict { $0.headerLength = 0 } == "header-length-wrong")
        #expect(
            try verdict {
                $0.headerLength = 33; $0.headerPadding = 1
            } == "accepted")
        #expect(try verdict { $0.headerLength = 31 } == "header-length-wrong")
        #expect(try verdict { $0.headerLength = 0xFFFC } == "beyond-file")
        #expect(try verdict { $0.reserved = 1 } == "reserved-field-in-use")
        #expect(try verdict { $0.payload = [] } == "payload-empty")
        #expect(try verdict { $0.payload = [1] } == "accepted")
        #expect(try verdict { $0.loadAddress = 0x1000 } == "load-address-without-flag")
        #expect(try verdict { $0.statedPayloadLength = .max } == "beyond-file")
        #expect(try verdict { $0.statedPayloadLength = UInt32.max - 31 } == "beyond-file")
        #expect(try verdict { $0.statedPayloadLength = UInt32(ImageForge.payloadLength + 1) } == "tlv-area-magic-wrong")
    }

    @Test("Flags that the device cannot follow, and unknown ones, are refused", arguments: 0..<32)
    func flags(bit: Int) throws {
        let found = try verdict { $0.flags = 1 << UInt32(bit) }
        switch bit {
        case 2, 3: #expect(found == "encryption-key-missing")
        case 8: #expect(found == "accepted")
        default: #expect(found == "flags-unsupported")
        }
    }

    @Test("Nothing shorter than an image is one, at any length, and nothing traps")
    func truncated() throws {
        var forge = ImageForge()
        forge.protected = [.init(0x50, littleEndian(UInt32(7)))]
        let file = try forge.image(signedBy: signer)
        let policy = ImagePolicy(keys: [try signer.key()])
        for length in 0..<file.count {
            #expect(code(ImageVerdict(of: Array(file[..<length]), under: policy)) != "accepted", "\(length) bytes")
        }
    }

    @Test("The protected area is as long as the header says, and there when it says so")
    func protectedArea() throws {
        let counter = ImageForge.TLV(0x50, littleEndian(UInt32(7)))
        #expect(try verdict { $0.protected = [counter] } == "accepted")
        for length: UInt16 in [0, 8, 11, 13, 16] {
            #expect(
                try verdict {
                    $0.protected = [counter]; $0.statedProtectedLength = length
                } == "protected-area-wrong")
        }
        #expect(try verdict { $0.statedProtectedLength = 12 } == "protected-area-wrong")
        #expect(
            try verdict {
                $0.protected = [counter]; $0.protectedMagic = 0x6907
            } == "protected-area-wrong")
    }

    @Test("The area of the signature ends with the file and holds whole TLVs")
    func area() throws {
        #expect(try verdict { $0.areaMagic = 0x6908 } == "protected-area-wrong")
        #expect(try verdict { $0.areaMagic = 0x6906 } == "tlv-area-magic-wrong")
        let length = UInt16(4 + 36 + 36 + 68)
        #expect(try verdict { $0.statedAreaLength = length } == "accepted")
        #expect(try verdict { $0.statedAreaLength = length + 1 } == "beyond-file")
        #expect(try verdict { $0.statedAreaLength = length - 1 } == "tlv-beyond-area")
        #expect(try verdict { $0.statedAreaLength = length - 66 } == "tlv-beyond-area")
        #expect(try verdict { $0.statedAreaLength = length - 68 } == "trailing-bytes")
        #expect(try verdict { $0.statedAreaLength = 0 } == "tlv-area-length-wrong")
        #expect(try verdict { $0.statedAreaLength = 3 } == "tlv-area-length-wrong")
        #expect(try verdict { $0.statedAreaLength = 4 } == "trailing-bytes")
    }

    @Test("Behind the image there is nothing, or erased flash with a trailer")
    func suffix() throws {
        #expect(try verdict { $0.suffix = [0xFF] } == "trailing-bytes")
        #expect(try verdict { $0.suffix = [UInt8](repeating: 0xFF, count: 100) } == "trailing-bytes")
        #expect(try verdict { $0.suffix = [UInt8](repeating: 0, count: 16) } == "trailing-bytes")
        for writeLength in [8, 16, 32] {
            #expect(
                try verdict { $0.suffix = ImageForge.trailer(padding: 40, writeLength: writeLength) } == "accepted")
            #expect(
                try verdict { $0.suffix = ImageForge.trailer(padding: 0, imageOK: 1, writeLength: writeLength) }
                    == "accepted")
        }
        #expect(try verdict { $0.suffix = ImageForge.trailer(padding: 40, imageOK: 0) } == "trailer-malformed")
        #expect(try verdict { $0.suffix = ImageForge.trailer(padding: 40, writeLength: 64) } == "trailing-bytes")
        #expect(try verdict { $0.suffix = Array(ImageForge.trailer(padding: 0).suffix(16)) } == "trailer-malformed")
        // What a swap in progress leaves: progress entries, swap info, copy done.
        for offset in [0, 20, 40, 41] {
            var trailer = ImageForge.trailer(padding: 40)
            trailer[offset] = 0x02
            #expect(try verdict { $0.suffix = trailer } == "trailer-malformed", "offset \(offset)")
        }
    }

    @Test("A trailer is never uploaded, and a padded file has the length of its slot")
    func padding() throws {
        var forge = ImageForge()
        let plain = try forge.image(signedBy: signer)
        let tlvs = try forge.credentials(signer)
        forge.suffix = ImageForge.trailer(padding: 4_000, imageOK: 1)
        let file = forge.image(tlvs)
        var policy = ImagePolicy(keys: [try signer.key()], slotLength: file.count)
        guard case .accepted(let image) = ImageVerdict(of: file, under: policy) else {
            Issue.record("refused")
            return
        }
        #expect(image.bytes == plain)
        #expect(image.trailer == .confirmed)
        policy.slotLength = file.count + 1
        #expect(code(ImageVerdict(of: file, under: policy)) == "trailer-misplaced")
    }

    @Test("Versions are read, printed and ordered as numbers")
    func versions() {
        #expect(ImageVersion("1.2.3") == ImageVersion(major: 1, minor: 2, revision: 3))
        #expect(ImageVersion("255.255.65535+4294967295")?.description == "255.255.65535+4294967295")
        #expect(ImageVersion("1.2.3.4") == ImageVersion("1.2.3+4"))
        for text in [
            "", "1", "1.2", "1.2.3+", "1.2.3.4+5", "1.2+3", "256.0.0", "1.2.65536", "1.2.-3", "1.+2.3", "a.b.c",
            "1.2.3+4+5",
        ] {
            #expect(ImageVersion(text) == nil, "\(text)")
        }
        let ordered = ["0.255.0", "1.0.0", "1.0.0+1", "1.0.1", "1.1.0", "10.0.0"].compactMap { ImageVersion($0) }
        #expect(ordered.count == 6)
        #expect(ordered == ordered.sorted())
    }
}
