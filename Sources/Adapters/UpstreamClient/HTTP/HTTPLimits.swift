/// Every time-out and every length that a peer could stretch.
package struct HTTPLimits: Sendable, Hashable {
    /// From the name to an open TCP or unix-domain connection.
    package var connectTimeout: Duration = .seconds(15)
    /// From the open connection to the end of the TLS handshake.
    package var handshakeTimeout: Duration = .seconds(15)
    /// From the first byte of the request to the last byte of the answer; when lines are streamed, to its head.
    package var responseTimeout: Duration = .seconds(60)
    /// How much of an answer has to come at least; nil leaves it at `responseTimeout` for the whole.
    package var rateMin: Rate?
    /// How long an unused connection is kept.
    package var idleTimeout: Duration = .seconds(30)

    package var fieldCountMax = 64
    /// Name and value of one field, in bytes.
    package var fieldLengthMax = 8192
    /// All fields of one answer, in bytes.
    package var fieldsLengthMax = 32768
    package var bodyLengthMax = 1 << 20
    /// One line of a stream, in bytes, without its end.
    package var lineLengthMax = 1 << 20

    package init() {}

    /// So many bytes of a body in each interval, and the head within the first.
    package struct Rate: Sendable, Hashable {
        package var byteCount: Int
        package var interval: Duration

        package init(byteCount: Int, interval: Duration) {
            self.byteCount = byteCount
            self.interval = interval
        }
    }
}
