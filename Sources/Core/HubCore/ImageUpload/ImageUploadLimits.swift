/// Bounds of one upload.
package struct ImageUploadLimits: Sendable, Hashable {
    /// Bytes of the largest message, header included: the lesser of the device's buf_size and the link's own.
    package var messageLengthMax: Int
    /// Chunks that may be outstanding: the device's buf_count.
    package var windowMax: Int
    /// How often in a row the device may go back, or be busy, without a byte more than ever before.
    package var setbackCountMax: Int
    /// Bytes of the largest file.
    package var imageLengthMax: Int

    package init(
        messageLengthMax: Int, windowMax: Int, setbackCountMax: Int = 16, imageLengthMax: Int = 64 << 20
    ) {
        self.messageLengthMax = messageLengthMax
        self.windowMax = max(1, windowMax)
        self.setbackCountMax = setbackCountMax
        self.imageLengthMax = imageLengthMax
    }
}
