/// Why a hub was not enrolled.
package struct EnrolmentFault: Error, Sendable, Equatable {
    package var code: String
    package var message: String
    package var isTemporary: Bool

    init(code: String, _ message: String, isTemporary: Bool = false) {
        self.code = code
        self.message = message
        self.isTemporary = isTemporary
    }
}
