/// What the header says about how an image is stored and started (MCUboot: image.h, `IMAGE_F_…`).
package struct ImageFlags: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let positionIndependent = ImageFlags(rawValue: 0x0000_0001)
    package static let encryptedAES128 = ImageFlags(rawValue: 0x0000_0004)
    package static let encryptedAES256 = ImageFlags(rawValue: 0x0000_0008)
    package static let nonBootable = ImageFlags(rawValue: 0x0000_0010)
    package static let ramLoad = ImageFlags(rawValue: 0x0000_0020)
    package static let romFixed = ImageFlags(rawValue: 0x0000_0100)
    package static let compressedLZMA1 = ImageFlags(rawValue: 0x0000_0200)
    package static let compressedLZMA2 = ImageFlags(rawValue: 0x0000_0400)
    package static let compressedARMThumb = ImageFlags(rawValue: 0x0000_0800)

    package static let encryption: ImageFlags = [.encryptedAES128, .encryptedAES256]
    /// What the device can do something with. Of the others, some mean an image that it would erase or could not start, and
    /// unknown ones mean nothing that anybody could judge.
    package static let supported: ImageFlags = [.encryptedAES128, .encryptedAES256, .romFixed]
}
