import CORProtocol

/// What MCUboot does at a start, with swap: it tries what is marked, brings back what was not confirmed, and erases without a word
/// what it does not accept. MCUboot, docs/design.md, "Image swapping".
///
/// A start that loses its power in the middle of a swap is the same start again: MCUboot takes the swap up where it was.
package enum BootLoader {
    package enum Outcome: Sendable, Hashable {
        /// What ran before runs again.
        case same
        /// The other image runs; on trial unless it was marked for good.
        case swapped
        /// The image on trial was not confirmed, and the one before it is back.
        case reverted
        /// The marked image was not accepted; its slot is empty.
        case refused
        /// Nothing that could run is there: an image may be sent to the loader itself.
        case recovery
    }

    /// Whether this start exchanges the slots, which takes its time.
    static func swaps(_ memory: ImageMemory) -> Bool {
        memory.mark != .none || !memory.isConfirmed
    }

    static func start(_ memory: inout ImageMemory) -> Outcome {
        guard memory.mark == .none else {
            let mark = memory.mark
            memory.mark = .none
            guard let image = memory.secondary, accepts(image, memory) else {
                memory.undone = memory.secondary.flatMap { undone($0, refusal(of: $0, memory)) }
                memory.secondary = nil
                return accepts(memory.primary, memory) ? .refused : .recovery
            }
            memory.secondary = memory.primary
            memory.primary = image
            memory.isConfirmed = mark == .permanent
            if memory.isConfirmed { raiseCounter(&memory) }
            return .swapped
        }
        if !memory.isConfirmed, let before = memory.secondary {
            memory.undone = undone(memory.primary, notConfirmed)
            memory.secondary = memory.primary
            memory.primary = before
            memory.isConfirmed = true
            return .reverted
        }
        return accepts(memory.primary, memory) ? .same : .recovery
    }

    /// Only an image that stays raises what is demanded of the next: one that falls back must leave the way back open.
    static func raiseCounter(_ memory: inout ImageMemory) {
        memory.securityCounter = max(memory.securityCounter, memory.primary.securityCounter ?? 0)
    }

    // firmware-specs/device-behaviour.md, section 9.
    private static let notConfirmed = "not-confirmed"
    private static let counterTooLow = "security-counter-too-low"
    private static let imageInvalid = "image-invalid"

    private static func refusal(of image: ImageSummary, _ memory: ImageMemory) -> String {
        image.isBootable && image.isSound ? counterTooLow : imageInvalid
    }

    private static func undone(_ image: ImageSummary, _ reason: String) -> UndoneImage? {
        SHA256Hash(bytes: image.hash).map { UndoneImage(hash: $0, reason: reason) }
    }

    private static func accepts(_ image: ImageSummary, _ memory: ImageMemory) -> Bool {
        image.isBootable && image.isSound && (image.securityCounter ?? 0) >= memory.securityCounter
    }
}
