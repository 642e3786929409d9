/// One request. The client adds Host, Content-Length and Connection by itself.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    package var method: Method
    /// Absolute path with the query, as it goes on the wire: "/v1/batches".
    package var target: String
    package var fields: [HTTPField]
    package var body: [UInt8]
    /// Sending it twice does no harm. Only then is it sent again when a kept-alive connection turns out to be dead.
    package var isRepeatable: Bool
    /// Bytes of the answer's body; nil leaves it at `HTTPLimits.bodyLengthMax`.
    package var bodyLengthMax: Int?

    package init(
        _ method: Method, _ target: String, fields: [HTTPField] = [], body: [UInt8] = [], isRepeatable: Bool = false,
        bodyLengthMax: Int? = nil
    ) {
        self.method = method
        self.target = target
        self.fields = fields
        self.body = body
        self.isRepeatable = isRepeatable
        self.bodyLengthMax = bodyLengthMax
    }
}

/// One answer, complete. A status is not judged here, and no redirect is followed.
package struct HTTPResponse: Sendable, Hashable {
    package var status: Int
    package var fields: [HTTPField]
    package var body: [UInt8]

    package init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The first field of this name, in any case (RFC 9110 §5.1).
    package subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

package struct HTTPField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
