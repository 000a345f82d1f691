import BSON
import Testing

@testable import QueryLanguage

/// `$convert` and its shorthands; the values are the manual's examples or follow from its tables.
@Suite struct ConversionTests {
    @Test(arguments: [
        ExpressionCase(#"{"$toInt": 1.99999}"#, "1"),
        ExpressionCase(#"{"$toInt": {"$numberDecimal": "5.5000"}}"#, "5"),
        ExpressionCase(#"{"$toInt": {"$numberDecimal": "9223372036000.000"}}"#, .error(241)),
        ExpressionCase(#"{"$toInt": {"$numberLong": "922337203600"}}"#, .error(241)),
        ExpressionCase(#"{"$toInt": "-2"}"#, "-2"),
        ExpressionCase(#"{"$toInt": "2.5"}"#, .error(241)),
        ExpressionCase(#"{"$toInt": "0x6400"}"#, .error(241)),
        ExpressionCase(#"{"$toInt": " 1"}"#, .error(241)),
        ExpressionCase(#"{"$toInt": ""}"#, .error(241)),
        ExpressionCase(#"{"$toInt": "$missing"}"#, "null"),
        ExpressionCase(#"{"$toLong": "9223372036854775807"}"#, #"{"$numberLong": "9223372036854775807"}"#),
        ExpressionCase(#"{"$toLong": "9223372036854775808"}"#, .error(241)),
        ExpressionCase(#"{"$toLong": "-9223372036854775808"}"#, #"{"$numberLong": "-9223372036854775808"}"#),
        ExpressionCase(#"{"$toLong": {"$date": "2018-03-26T04:38:28.044Z"}}"#, #"{"$numberLong": "1522039108044"}"#),
        ExpressionCase(#"{"$toLong": {"$numberDouble": "NaN"}}"#, .error(241)),
        ExpressionCase(#"{"$toDouble": "5e10"}"#, #"{"$numberDouble": "5e10"}"#),
        ExpressionCase(#"{"$toDouble": "5e550"}"#, .error(241)),
        ExpressionCase(#"{"$toDouble": "-Infinity"}"#, #"{"$numberDouble": "-Infinity"}"#),
        ExpressionCase(#"{"$toDouble": {"$numberDecimal": "1E+6000"}}"#, .error(241)),
        ExpressionCase(
            #"{"$toDouble": {"$date": "2018-03-26T04:38:28.044Z"}}"#, #"{"$numberDouble": "1522039108044"}"#),
        ExpressionCase(#"{"$toDecimal": 2.5}"#, #"{"$numberDecimal": "2.50000000000000"}"#),
        ExpressionCase(#"{"$toDecimal": "-5.5"}"#, #"{"$numberDecimal": "-5.5"}"#),
        ExpressionCase(#"{"$toDecimal": true}"#, #"{"$numberDecimal": "1"}"#),
        ExpressionCase(#"{"$toBool": ""}"#, "true"),
        ExpressionCase(#"{"$toBool": "false"}"#, "true"),
        ExpressionCase(#"{"$toBool": {"$numberDecimal": "0"}}"#, "false"),
        ExpressionCase(#"{"$toBool": [[]]}"#, "true"),
        ExpressionCase(#"{"$toBool": []}"#, .error(50723)),
        ExpressionCase(#"{"$toDate": 120000000000.5}"#, #"{"$date": "1973-10-20T21:20:00Z"}"#),
        ExpressionCase(#"{"$toDate": {"$numberDecimal": "1253372036000.50"}}"#, #"{"$date": "2009-09-19T14:53:56Z"}"#),
        ExpressionCase(#"{"$toDate": {"$oid": "5ab9c3da31c2ab715d421285"}}"#, #"{"$date": "2018-03-27T04:08:58Z"}"#),
        ExpressionCase(
            #"{"$toDate": {"$timestamp": {"t": 1637688118, "i": 1}}}"#, #"{"$date": "2021-11-23T17:21:58Z"}"#),
        ExpressionCase(#"{"$toDate": 5}"#, .error(241)),
        ExpressionCase(#"{"$toObjectId": "5ab9cbfa31c2ab715d42129e"}"#, #"{"$oid": "5ab9cbfa31c2ab715d42129e"}"#),
        ExpressionCase(#"{"$toObjectId": "5ab9cbfa31c2ab715d42129"}"#, .error(241)),
        ExpressionCase(#"{"$toString": 2.5}"#, #""2.5""#),
        ExpressionCase(#"{"$toString": 3.0}"#, #""3""#),
        ExpressionCase(#"{"$toString": {"$numberDouble": "-0.0"}}"#, #""-0""#),
        ExpressionCase(#"{"$toString": {"$numberDouble": "Infinity"}}"#, #""Infinity""#),
        ExpressionCase(#"{"$toString": {"$date": "2018-03-27T16:58:51.538Z"}}"#, #""2018-03-27T16:58:51.538Z""#),
        ExpressionCase(#"{"$toString": {"$numberDecimal": "1.50"}}"#, #""1.50""#),
        ExpressionCase(#"{"$toString": [["x"]]}"#, .error(241)),
    ])
    func shorthands(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    @Test(arguments: [
        ExpressionCase(#"{"$convert": {"input": "$x", "to": "int", "onNull": 7}}"#, "7"),
        ExpressionCase(#"{"$convert": {"input": "a", "to": "int", "onError": {"$concat": ["no", "t"]}}}"#, #""not""#),
        ExpressionCase(#"{"$convert": {"input": "12", "to": 16}}"#, "12"),
        ExpressionCase(#"{"$convert": {"input": "12", "to": "$t"}}"#, on: #"{"t": "long"}"#, #"{"$numberLong": "12"}"#),
        ExpressionCase(#"{"$convert": {"input": "12", "to": "$t"}}"#, "null"),
        ExpressionCase(#"{"$convert": {"input": "12", "to": "$t"}}"#, on: #"{"t": "whole"}"#, .error(2)),
        ExpressionCase(#"{"$convert": {"input": "12", "to": 16.5}}"#, .error(9)),
        ExpressionCase(#"{"$convert": {"input": "12", "to": 77}}"#, .error(9)),
        ExpressionCase(#"{"$convert": {"input": "12", "to": true}}"#, .error(9)),
        ExpressionCase(#"{"$convert": {"input": "12"}}"#, .error(9)),
        ExpressionCase(#"{"$convert": {"input": "12", "to": "int", "into": 1}}"#, .error(9)),
        ExpressionCase(#"{"$convert": {"input": 1, "to": "regex"}}"#, .error(241)),
    ])
    func inFull(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }

    private static let uuid = "867dee52-c331-484e-92d1-c56479b8e67e"

    @Test(arguments: [
        ExpressionCase(
            #"{"$convert": {"input": "hn3uUsMxSE6S0cVkebjmfg==", "to": {"type": "binData", "subtype": 0}, "format": "base64"}}"#,
            #"{"$binary": {"base64": "hn3uUsMxSE6S0cVkebjmfg==", "subType": "00"}}"#),
        ExpressionCase(
            #"{"$convert": {"input": "hn3uUsMxSE6S0cVkebjmfg==", "to": "binData", "format": "base64"}}"#,
            #"{"$binary": {"base64": "hn3uUsMxSE6S0cVkebjmfg==", "subType": "00"}}"#),
        ExpressionCase(
            #"{"$convert": {"input": "\#(uuid)", "to": {"type": "binData", "subtype": 0}, "format": "base64"}}"#,
            .error(241)),
        ExpressionCase(
            #"{"$convert": {"input": "hn3uUsMxSE6S0cVkebjmfg==", "to": {"type": "binData", "subtype": 4}, "format": "base64"}}"#,
            .error(241)),
        ExpressionCase(
            #"{"$convert": {"input": "\#(uuid)", "to": {"type": "binData", "subtype": 4}, "format": "uuid"}}"#,
            #"{"$uuid": "\#(uuid)"}"#),
        ExpressionCase(
            #"{"$convert": {"input": "äöäöä", "to": {"type": "binData", "subtype": 4}, "format": "uuid"}}"#, .error(241)
        ),
        ExpressionCase(
            #"{"$convert": {"input": "\#(uuid)", "to": {"type": "binData"}, "format": "uuid"}}"#, .error(241)),
        ExpressionCase(#"{"$convert": {"input": "x", "to": "binData", "format": "base32"}}"#, .error(2)),
        ExpressionCase(#"{"$toUUID": "\#(uuid)"}"#, #"{"$uuid": "\#(uuid)"}"#),
        ExpressionCase(#"{"$toString": {"$uuid": "\#(uuid)"}}"#, #""\#(uuid)""#),
        ExpressionCase(#"{"$toString": {"$binary": {"base64": "hn3f", "subType": "00"}}}"#, #""hn3f""#),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "+/+/", "subType": "00"}}, "to": "string", "format": "base64url"}}"#,
            #""-_-_""#),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "q83v", "subType": "00"}}, "to": "string", "format": "hex"}}"#,
            #""ABCDEF""#),
        ExpressionCase(
            #"{"$convert": {"input": "ABcdef", "to": "binData", "format": "hex"}}"#,
            #"{"$binary": {"base64": "q83v", "subType": "00"}}"#),
        ExpressionCase(
            #"{"$convert": {"input": "é", "to": "binData", "format": "utf8"}}"#,
            #"{"$binary": {"base64": "w6k=", "subType": "00"}}"#),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "AQI=", "subType": "00"}}, "to": "int", "byteOrder": "big"}}"#,
            "258"),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "AQI=", "subType": "00"}}, "to": "long"}}"#,
            #"{"$numberLong": "513"}"#),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "/w==", "subType": "00"}}, "to": "int"}}"#, "-1"),
        ExpressionCase(
            #"{"$convert": {"input": 258, "to": "binData", "byteOrder": "big"}}"#,
            #"{"$binary": {"base64": "AAABAg==", "subType": "00"}}"#),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "AADAPw==", "subType": "00"}}, "to": "double"}}"#, "1.5"),
        ExpressionCase(
            #"{"$convert": {"input": {"$binary": {"base64": "AQID", "subType": "00"}}, "to": "int"}}"#, .error(241)),
    ])
    func binaryValues(_ expressionCase: ExpressionCase) throws { try expressionCase.check() }
}
