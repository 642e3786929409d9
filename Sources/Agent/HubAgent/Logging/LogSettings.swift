package import Logging
import Synchronization

/// The least that is logged, shared by all loggers of the agent, so that it can change while they are in use.
package final class LogSettings: Sendable {
    private let content: Mutex<Logger.Level>
    /// Set on the command line, which goes before the configuration.
    private let isFixed: Bool

    /// - Parameter fixed: the level of the command line; nil leaves it to the configuration.
    package init(fixed: LogLevel?, configured: LogLevel) {
        isFixed = fixed != nil
        content = Mutex((fixed ?? configured).level)
    }

    package var level: Logger.Level { content.withLock { $0 } }

    func configured(_ level: LogLevel) {
        guard !isFixed else { return }
        content.withLock { $0 = level.level }
    }
}

extension LogLevel {
    /// The same names.
    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}
