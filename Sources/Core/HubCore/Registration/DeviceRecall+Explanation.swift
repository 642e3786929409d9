package import CORProtocol

extension DeviceRecall {
    /// One sentence for people.
    package var explanation: String {
        switch state {
        case .suspended:
            "COR Health has suspended this device: \(reason); its readings stay on it until it is free again"
        case .revoked: "COR Health has recalled this device for good: \(reason)"
        }
    }
}
