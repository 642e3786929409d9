package import X509

/// What one run of the server needs beside its state folder.
package struct UpstreamConfiguration: Sendable {
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    /// The makers' device authorities; without any, no attested record is accepted.
    package var deviceAnchors: [Certificate]
    /// How long behind its end a hub's certificate may still be renewed.
    package var certificateGrace: Duration = .seconds(365 * 86_400)
    /// The folder of a firmware repository to serve; nil: none.
    package var firmwareRepository: String?
    package var idleTimeout: Duration = .seconds(60)
    package var connectionCountMax = 1024

    package init(host: String, port: Int, deviceAnchors: [Certificate]) {
        self.host = host
        self.port = port
        self.deviceAnchors = deviceAnchors
    }
}
