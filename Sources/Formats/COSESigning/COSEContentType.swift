/// The content type of a payload, RFC 9052 §3.1.
package enum COSEContentType: Sendable, Hashable {
    /// A CoAP Content-Format number, 0...65535.
    case coapFormat(UInt16)
    case mediaType(String)
}
