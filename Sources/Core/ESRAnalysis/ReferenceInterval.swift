/// The upper reference limit of healthy people: Miller's rule of thumb, for whoever states age and sex.
///
/// Miller, Green, Robinson, Br Med J 1983;286:266, on 27,912 people: men age / 2, women (age + 10) / 2, in mm/h.
package struct ReferenceInterval: Sendable, Hashable {
    package enum Sex: String, Sendable, Hashable, CaseIterable {
        case female
        case male
    }

    /// Years for which the rule was made.
    package static let ageRange = 20...90

    /// mm/h
    package let upperLimit: Double

    /// `nil` for an age that the rule was not made for.
    package init?(age: Int, sex: Sex) {
        guard Self.ageRange.contains(age) else { return nil }
        switch sex {
        case .male: upperLimit = Double(age) / 2
        case .female: upperLimit = Double(age + 10) / 2
        }
    }
}
