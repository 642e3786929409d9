/// What the hub says about an image. That one is not to be trusted is a finding, not an error.
package enum ImageVerdict: Sendable {
    case accepted(VerifiedImage)
    case refused(ImageRefusal)

    /// Judges a file as at least as strict a boot loader would, and for the device of `policy`.
    ///
    /// Order: layout, what may stand where, hash, signatures, policy; the first finding is told.
    package init(of file: [UInt8], under policy: ImagePolicy) {
        do throws(ImageRefusal) {
            self = .accepted(try VerifiedImage(file, policy))
        } catch {
            self = .refused(error)
        }
    }
}
