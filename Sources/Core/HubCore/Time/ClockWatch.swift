package import CORProtocol

/// Notices when the wall clock was set, or when a time service began or ceased to steer it.
///
/// Each of these becomes an audit entry, and an audit entry has all clocks in it: so it is the anchor by which a reader
/// dates what was stored earlier in the same boot by elapsed time alone. Nothing that is stored is rewritten.
package struct ClockWatch: Sendable {
    /// Wall and elapsed time may drift apart by this much between two looks before it counts as a step.
    package static let stepMinMilliseconds: Int64 = 2_000
    /// Between two entries that only tell of the state of synchronisation, so that a restless service fills no disk.
    package static let changeIntervalMin: Duration = .seconds(600)

    private var last: TimeBlock?
    private var changeTold: (sync: ClockSync, at: UInt64)?

    package init() {}

    /// - Parameters:
    ///   - trust: says whether the clock stands before its floor.
    /// - Returns: what is to be told of this look.
    package mutating func observe(_ now: TimeBlock, trust: ClockTrust) -> [AuditDraft] {
        defer { last = now }
        let before = last.flatMap { $0.bootID == now.bootID ? $0 : nil }
        guard let before else {
            changeTold = (now.sync, now.boottimeNanoseconds)
            guard now.wallMilliseconds < trust.floorMilliseconds else { return [] }
            return [draft(.refused, "the wall clock stands before \(trust.floorMilliseconds)", now)]
        }
        let moved =
            (now.wallMilliseconds - before.wallMilliseconds) - (now.boottimeMilliseconds - before.boottimeMilliseconds)
        guard moved.magnitude < Self.stepMinMilliseconds else {
            changeTold = (now.sync, now.boottimeNanoseconds)
            let isBehind = now.wallMilliseconds < trust.floorMilliseconds
            return [
                draft(
                    isBehind ? .refused : .done,
                    "the wall clock was moved by \(moved) ms" + (isBehind ? ", before its floor" : "")
                        + "; synchronisation \(before.sync) to \(now.sync)", now)
            ]
        }
        guard let told = changeTold, told.sync != now.sync,
            Duration.nanoseconds(Int64(clamping: now.boottimeNanoseconds - told.at)) >= Self.changeIntervalMin
                || told.sync == .never
        else { return [] }
        changeTold = (now.sync, now.boottimeNanoseconds)
        return [draft(.done, "synchronisation \(told.sync) to \(now.sync)", now)]
    }

    private func draft(_ outcome: AuditOutcome, _ detail: String, _ now: TimeBlock) -> AuditDraft {
        AuditDraft(.clockStep, actor: .agent, subject: "clock", outcome: outcome, time: now, detail: detail)
    }
}
