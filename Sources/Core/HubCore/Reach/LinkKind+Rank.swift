package import CORProtocol

extension LinkKind {
    /// Where several links lead to one device, the one of the lowest rank is used: the fastest and least disturbed.
    package var rank: Int {
        switch self {
        case .usb: 0
        case .serial: 1
        case .ble: 2
        case .udp: 3
        }
    }
}
