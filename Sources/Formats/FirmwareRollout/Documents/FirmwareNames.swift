package import MCUbootImage

/// What models, revisions and rollouts may be called, and where their files are: firmware-specs/rollouts.md, section 1.
package enum FirmwareNames {
    /// 1 to 64 printable characters of ASCII but `/`, as the device names its model.
    package static func isModel(_ text: String) -> Bool { isPlain(text, lengthMax: 64) && !isFolder(text) }

    /// 1 to 32 of the same.
    package static func isHardwareRevision(_ text: String) -> Bool { isPlain(text, lengthMax: 32) }

    /// 1 to 64 of a-z, 0-9 and hyphens, no hyphen first.
    package static func isRollout(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// The target with the rollouts of a model.
    package static func rollouts(of model: String) -> String { "rollouts/\(model).json" }

    /// The target with a release's image.
    package static func image(of model: String, _ version: ImageVersion) -> String {
        "releases/\(model)/\(version)/image.bin"
    }

    /// What one part of a repository's path may be, decoded: a model's name with a hash and an ending, and nothing that is hidden.
    package static func isFileName(_ text: String) -> Bool { isPlain(text, lengthMax: 200) && !text.hasPrefix(".") }

    /// No part of a path may lead elsewhere.
    private static func isFolder(_ text: String) -> Bool { text == "." || text == ".." }

    private static func isPlain(_ text: String, lengthMax: Int) -> Bool {
        (1...lengthMax).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
    }
}
