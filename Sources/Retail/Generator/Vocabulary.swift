/// The words the generated shop is made of. Everything is invented; addresses are of the right town and no one's house.
enum Vocabulary {
    struct Place {
        let city: String
        let state: String
        let country: String
        let postalPrefix: String
        /// Thousandths of a degree.
        let longitude: Int
        let latitude: Int
        /// How often customers live here.
        let weight: Double

        init(
            _ city: String, _ state: String, _ country: String, _ postalPrefix: String, _ longitude: Int,
            _ latitude: Int, _ weight: Double
        ) {
            self.city = city
            self.state = state
            self.country = country
            self.postalPrefix = postalPrefix
            self.longitude = longitude
            self.latitude = latitude
            self.weight = weight
        }
    }

    static let places: [Place] = [
        Place("Berlin", "Berlin", "Germany", "10", 13405, 52520, 14),
        Place("Hamburg", "Hamburg", "Germany", "20", 9993, 53551, 9),
        Place("München", "Bayern", "Germany", "80", 11582, 48135, 10),
        Place("Köln", "Nordrhein-Westfalen", "Germany", "50", 6960, 50938, 8),
        Place("Leipzig", "Sachsen", "Germany", "04", 12374, 51340, 4),
        Place("Stuttgart", "Baden-Württemberg", "Germany", "70", 9183, 48776, 5),
        Place("Paris", "Île-de-France", "France", "75", 2352, 48857, 9),
        Place("Lyon", "Auvergne-Rhône-Alpes", "France", "69", 4835, 45764, 4),
        Place("Lille", "Hauts-de-France", "France", "59", 3057, 50629, 2),
        Place("Amsterdam", "Noord-Holland", "Netherlands", "10", 4904, 52368, 5),
        Place("Rotterdam", "Zuid-Holland", "Netherlands", "30", 4478, 51924, 3),
        Place("Wien", "Wien", "Austria", "10", 16374, 48208, 5),
        Place("Graz", "Steiermark", "Austria", "80", 15440, 47071, 2),
        Place("Milano", "Lombardia", "Italy", "20", 9190, 45464, 5),
        Place("Firenze", "Toscana", "Italy", "50", 11256, 43770, 2),
        Place("Madrid", "Comunidad de Madrid", "Spain", "28", -3704, 40417, 4),
        Place("Barcelona", "Catalunya", "Spain", "08", 2174, 41385, 4),
        Place("Kraków", "Małopolskie", "Poland", "30", 19945, 50065, 2),
        Place("København", "Hovedstaden", "Denmark", "10", 12568, 55676, 2),
        Place("Bruxelles", "Bruxelles", "Belgium", "10", 4352, 50847, 1),
    ]

    static let givenNames = [
        "Ada", "Alma", "Anton", "Aylin", "Bela", "Carla", "Cem", "Clara", "Dario", "Edith", "Elif", "Emil", "Enzo",
        "Esra", "Felix",
        "Fiona", "Greta", "Hanna", "Hugo", "Ida", "Ilse", "Ines", "Ivo", "Jana", "Jonas", "Judith", "Karim", "Lea",
        "Lena", "Leo",
        "Lotte", "Luca", "Mara", "Marek", "Mila", "Nadia", "Nils", "Nora", "Olga", "Oskar", "Paul", "Pia", "Rosa",
        "Samir", "Selma",
        "Simon", "Sofia", "Tara", "Theo", "Tom", "Vera", "Viktor", "Yara", "Zoe",
    ]

    static let familyNames = [
        "Adler", "Arslan", "Bauer", "Becker", "Berger", "Bianchi", "Blanc", "Brandt", "Castro", "Dubois", "Duran", "Ek",
        "Faber",
        "Fischer", "Fontaine", "Garcia", "Gruber", "Haas", "Hansen", "Horvat", "Jansen", "Kaya", "Keller", "Klein",
        "Kowalska",
        "Lang", "Laurent", "Lombardi", "Maier", "Marino", "Moreau", "Nowak", "Olsen", "Peeters", "Petit", "Ricci",
        "Roth", "Ruiz",
        "Sahin", "Schmid", "Simon", "Sommer", "Torres", "Urban", "Visser", "Vogel", "Weber", "Winter", "Yilmaz",
        "Zeller",
    ]

    static let streets = [
        "Ahornweg", "Am Kanal", "Bahnhofstraße", "Calle Mayor", "Gartenstraße", "Kerkstraat", "Lindenallee",
        "Marktgasse", "Rosenweg",
        "Rue de la Paix", "Rue des Lilas", "Ufergasse", "Via Roma", "Wiesenstraße",
    ]

    static let styles = ["bohemian", "classic", "evening", "minimal", "modern", "romantic", "streetwear", "vintage"]

    struct Category {
        let name: String
        let nouns: [String]
        /// The natural logarithm of the middle price, in euros.
        let logPrice: Double
        let weight: Double
        /// Days from order to delivery that are promised.
        let leadDays: Int
        let weightGrams: Int

        init(
            _ name: String, _ nouns: [String], _ logPrice: Double, _ weight: Double, _ leadDays: Int, _ weightGrams: Int
        ) {
            self.name = name
            self.nouns = nouns
            self.logPrice = logPrice
            self.weight = weight
            self.leadDays = leadDays
            self.weightGrams = weightGrams
        }
    }

    static let categories: [Category] = [
        Category("shirts", ["Shirt", "Blouse", "Tunic"], 4.55, 20, 16, 240),
        Category("dresses", ["Dress", "Gown", "Wrap dress"], 5.25, 16, 24, 520),
        Category("suits", ["Suit", "Two-piece", "Tuxedo"], 6.35, 9, 30, 1400),
        Category("trousers", ["Trousers", "Culottes", "Chinos"], 4.85, 14, 18, 480),
        Category("skirts", ["Skirt", "Midi skirt"], 4.65, 8, 18, 360),
        Category("coats", ["Coat", "Trench", "Cape"], 5.95, 8, 28, 1700),
        Category("knitwear", ["Pullover", "Cardigan"], 4.75, 9, 20, 450),
        Category("accessories", ["Tie", "Scarf", "Belt", "Pocket square"], 3.55, 16, 10, 90),
    ]

    static let materials = [
        "linen", "organic cotton", "merino", "silk", "tencel", "recycled wool", "cashmere", "denim",
    ]
    static let colours = ["black", "ivory", "navy", "sage", "rust", "bordeaux", "sand", "petrol"]
    static let warehouses = ["Berlin", "Lyon", "Milano"]
    static let certifications = ["GOTS", "Fair Wear", "OEKO-TEX", "none"]
    static let campaignChannels = ["email", "social", "search", "influencer"]
    static let viewSources = ["search", "direct", "social", "email", "recommendation"]
    static let influencers = [
        "@atelier.amelie", "@ben.sews", "@clotilde", "@dressedbyduygu", "@evening.eva", "@fil.et.fer",
    ]

    /// What reviews say, by score from 1 to 5.
    static let comments = [
        ["Arrived far too late.", "The fit is wrong in every place.", "Not what was agreed in the session."],
        ["Too late for the occasion.", "The sleeves are too long.", "The colour differs from the sample."],
        ["Fine, but nothing special.", "Good cloth, average fit.", "Took a while."],
        ["Good fit, good cloth.", "Very pleased with the cut.", "Would order again."],
        ["Fits like nothing else I own.", "The designer understood at once.", "Beautiful work, on time."],
    ]

    static let briefs = [
        "Something for a wedding in summer.", "An office wardrobe that travels well.", "A coat that lasts ten winters.",
        "Like the old one, but better.", "For the stage: it has to move.", "As little waste as possible.",
    ]
}
