import Glibc
import HubCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

extension HTTPFailure {
    /// The one table from what NIO throws to this module's failures.
    init(_ error: any Error, limits: HTTPLimits) {
        switch error {
        case let failure as HTTPFailure:
            self = failure
        case is CancellationError:
            self = .cancelled
        case let error as NIOConnectionError:
            // No attempt at all means that there was no address to try.
            self = error.connectionErrors.first.map { Self($0.error, limits: limits) } ?? .nameNotResolved
        case let error as IOError:
            self = Self(errno: error.errnoCode)
        case let error as ChannelError:
            self = Self(error)
        case HTTPParserError.headerOverflow:
            self = .tooLarge(.fields, lengthMax: limits.fieldsLengthMax)
        case HTTPParserError.invalidEOFState:
            self = .connectionLost
        case let error as HTTPParserError:
            self = .malformed(reason: "\(error)")
        case NIOSSLError.uncleanShutdown:
            // No close_notify: what came before may have been cut short (RFC 8446 §6.1).
            self = .connectionLost
        default:
            self = TLSFault(error).map { .tls($0) } ?? .malformed(reason: "\(type(of: error))")
        }
    }

    private init(errno: Int32) {
        switch errno {
        case ECONNREFUSED, ENOENT: self = .refused
        case ECONNRESET, EPIPE, ENOTCONN: self = .connectionLost
        case ETIMEDOUT: self = .timedOut(.connect)
        default: self = .connectFailed(errno: errno)
        }
    }

    private init(_ error: ChannelError) {
        if case .connectTimeout = error {
            self = .timedOut(.connect)
        } else {
            self = .connectionLost
        }
    }
}
