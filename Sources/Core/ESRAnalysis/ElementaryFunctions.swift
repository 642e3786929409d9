/// Exponential and logarithm from additions and multiplications alone.
///
/// A C library may pick other instructions on another processor and differ in the last bit; these give the same bits
/// everywhere, so a verdict can be made again anywhere. Relative error: below 2⁻⁵⁰.
package enum ElementaryFunctions {
    private static let log2OfE = 1.4426950408889634
    /// ln 2 in two parts, the first with trailing zeros, so that `k × ln2High` is exact.
    private static let ln2High = 0.693147180369123816490
    private static let ln2Low = 1.90821492927058770002e-10
    /// Beyond it the exponential is 0 or greater than any quantity of this module.
    private static let exponentMax = 700.0
    private static let ln10 = 2.302585092994046

    /// eˣ for |x| up to 700, and the value at that end beyond it. Not a number stays so.
    package static func exp(_ x: Double) -> Double {
        guard !x.isNaN else { return x }
        let bounded = min(max(x, -exponentMax), exponentMax)
        let k = (bounded * log2OfE).rounded()
        let r = (bounded - k * ln2High) - k * ln2Low
        // Taylor to the 13th power: |r| ≤ ln 2 / 2, so the next term is below 2⁻⁵⁵.
        var sum = 1.0
        for n in stride(from: 13.0, through: 1, by: -1) {
            sum = 1 + sum * r / n
        }
        return sum * Double(sign: .plus, exponent: Int(k), significand: 1)
    }

    /// ln x for positive finite x; `-.infinity` for 0 and not a number below it.
    package static func log(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return x == 0 ? -.infinity : x < 0 ? .nan : x }
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.4142135623730951 {
            m /= 2
            exponent += 1
        }
        let s = (m - 1) / (m + 1)
        let square = s * s
        // 2 artanh s, |s| ≤ 0.172: the first term left out is below 2⁻⁵⁵.
        var sum = 0.0
        for n in stride(from: 21.0, through: 1, by: -2) {
            sum = 1 / n + sum * square
        }
        return exponent * ln2High + (exponent * ln2Low + 2 * s * sum)
    }

    package static func asinh(_ x: Double) -> Double {
        let size = log(abs(x) + (x * x + 1).squareRoot())
        return x < 0 ? -size : size
    }

    /// 10ˣ
    package static func exp10(_ x: Double) -> Double {
        exp(x * ln10)
    }

    /// xʸ for x ≥ 0 and y > 0.
    package static func power(_ x: Double, _ y: Double) -> Double {
        x > 0 ? exp(y * log(x)) : 0
    }
}
