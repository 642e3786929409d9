import CBORCoding
package import CORProtocol

/// How many bytes of raw records may still be put into batches, on a link that is paid by volume.
///
/// A window of 24 hours begins with its first record. Time is elapsed time within a boot; over a restart it is the wall
/// clock, if a time service had set it both times, and otherwise what this boot has lasted.
package struct MeteredBudget: Sendable, Equatable {
    package static let window: Duration = .seconds(86_400)

    /// When the window began, and what it has used; nil before the first.
    private var opened: TimeBlock?
    private var used: UInt64 = 0

    package init() {}

    /// Bytes that were put into batches in the present window.
    package func used(at now: TimeBlock) -> Int {
        isOver(at: now) ? 0 : Int(clamping: used)
    }

    /// What may go now.
    package func allowance(of bytesPerDay: Int, at now: TimeBlock) -> RawAllowance {
        let used = used(at: now)
        return RawAllowance(lengthMax: max(0, bytesPerDay - used), takesFirst: used == 0)
    }

    package mutating func spend(_ count: Int, at now: TimeBlock) {
        guard count > 0 else { return }
        if isOver(at: now) {
            opened = now
            used = 0
        }
        used += UInt64(count)
    }

    private func isOver(at now: TimeBlock) -> Bool {
        guard let opened else { return true }
        let elapsed: Int64
        if opened.bootID == now.bootID {
            elapsed = now.boottimeMilliseconds - opened.boottimeMilliseconds
        } else if opened.sync != .never, now.sync != .never {
            elapsed = max(now.wallMilliseconds - opened.wallMilliseconds, now.boottimeMilliseconds)
        } else {
            elapsed = now.boottimeMilliseconds
        }
        return .milliseconds(elapsed) >= Self.window
    }
}

/// How many bytes of raw records the next batch takes.
package struct RawAllowance: Sendable, Equatable {
    package var lengthMax: Int
    /// The first record goes whatever its length: a window that has used nothing will not have more room later.
    package var takesFirst: Bool

    package init(lengthMax: Int, takesFirst: Bool) {
        self.lengthMax = lengthMax
        self.takesFirst = takesFirst
    }
}

extension MeteredBudget {
    /// As the hub keeps it from one start to the next: [opened, used].
    package var encoded: [UInt8] {
        guard let opened else { return [] }
        var encoder = CBOREncoder(capacity: 96)
        encoder.beginArray(count: 2)
        encoder.encode(opened)
        encoder.encode(used)
        return encoder.bytes
    }

    /// What cannot be read counts as nothing used.
    package init(encoded bytes: [UInt8]) {
        do {
            self = try Self(decoding: bytes)
        } catch {
            self.init()
        }
    }

    private init(decoding bytes: [UInt8]) throws(CBORError) {
        let value = try CBORValue.decode(bytes, mode: .strict)
        guard case .array(let fields) = value, fields.count == 2, let used = fields[1].integer, used >= 0 else {
            return
        }
        opened = try TimeBlock(decoding: fields[0].encoded())
        self.used = UInt64(used)
    }
}
