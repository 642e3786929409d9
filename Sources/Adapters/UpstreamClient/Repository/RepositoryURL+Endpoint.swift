package import HubCore

extension RepositoryURL {
    /// - Parameter anchors: what the server's chain may lead to, DER; asked for by https only.
    package func endpoint(anchors: [[UInt8]]) -> HTTPEndpoint {
        isPlain
            ? .plain(host: host, port: port)
            : .tls(host: host, port: port, HTTPTrust(anchors: anchors, credential: nil))
    }
}
