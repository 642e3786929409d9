import NIOCore
import NIOHTTP1

/// Connections of HTTP/1.1 on a listening socket.
typealias HTTPConnection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

extension NIOAsyncChannel where Inbound == HTTPConnection, Outbound == Never {
    /// Serves connections until the socket is closed, so many at a time; one more is closed at once.
    func serveEach(
        countMax: Int, _ serve: @escaping @Sendable (HTTPConnection) async -> Void
    ) async throws {
        try await executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                let slots = ConnectionSlots(countMax: countMax)
                for try await connection in connections {
                    guard slots.take() else {
                        connection.channel.close(promise: nil)
                        continue
                    }
                    group.addTask {
                        defer { slots.giveBack() }
                        await serve(connection)
                    }
                }
                group.cancelAll()
            }
        }
    }
}
