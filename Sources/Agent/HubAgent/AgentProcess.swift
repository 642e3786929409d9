import CHubShim
import NIOCore

/// What a program of the hub asks of its own process, once and before it does anything else: on the main thread, while there is no
/// other.
package enum AgentProcess {
    /// A hub has one upstream and a few devices: more loops, one a processor by default, would only be more stacks.
    private static let eventLoopCountMax = 2

    package static func prepare() {
        corhub_share_one_heap()
        NIOSingletons.groupLoopCountSuggestion = min(System.coreCount, eventLoopCountMax)
    }
}
