/// The column that the blood settles in. A calibration holds for one geometry only.
package struct ColumnGeometry: Sendable, Hashable {
    /// Height of the filled column in mm.
    package var columnLength: Double
    /// Share of blood in the mixture of blood and diluent, 0 to 1.
    package var dilution: Double

    package init(columnLength: Double, dilution: Double) {
        self.columnLength = columnLength
        self.dilution = dilution
    }

    /// COR One's cartridge: 60 mm, four parts of blood to one of diluent.
    package static let short60 = ColumnGeometry(columnLength: 60, dilution: 0.8)
}
