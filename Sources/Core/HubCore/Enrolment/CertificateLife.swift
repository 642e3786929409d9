/// From when to when a certificate is valid, in ms since 1970-01-01T00:00:00Z.
package struct CertificateLife: Sendable, Hashable {
    package var beginMilliseconds: Int64
    package var endMilliseconds: Int64

    package init(beginMilliseconds: Int64, endMilliseconds: Int64) {
        self.beginMilliseconds = beginMilliseconds
        self.endMilliseconds = max(beginMilliseconds, endMilliseconds)
    }

    package var lengthMilliseconds: Int64 { endMilliseconds - beginMilliseconds }
}
