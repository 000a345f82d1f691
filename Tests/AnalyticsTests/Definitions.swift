import Analytics
import BSON

/// A definition with this pipeline and these parameters, in JSON.
func definition(pipeline: String, parameters: String = "[]") throws -> SavedAggregation {
    try SavedAggregation(Document(json: definitionText(pipeline: pipeline, parameters: parameters)), path: "test.json")
}

func definitionText(
    name: String = "test", pipeline: String = #"[{"$count":"n"}]"#, parameters: String = "[]",
    columns: String = #"[{"name":"n","type":"integer"}]"#, more: String = ""
) -> String {
    #"{"name":"\#(name)","title":"T","question":"Q?","collection":"c","parameters":\#(parameters),"#
        + #""pipeline":\#(pipeline),"columns":\#(columns)\#(more)}"#
}
