// Renders a Helm chart with what Helm is made of, Go's templates and Sprig, and writes the objects as one JSON array.
// render CHART RELEASE [KEY=JSON]...: values by their paths, such as serviceMonitor.enabled=true. With - for RELEASE, CHART is a plain YAML file.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig"
	"gopkg.in/yaml.v3"
)

type object = map[string]interface{}

// Files of a chart, with Helm's methods.
type Files map[string][]byte

func (f Files) Get(name string) string { return string(f[name]) }

func (f Files) Glob(pattern string) Files {
	found := Files{}
	for name, content := range f {
		if matches, _ := filepath.Match(pattern, name); matches {
			found[name] = content
		}
	}
	return found
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	must(err)
	return content
}

func parse(text []byte) []interface{} {
	objects := []interface{}{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var value interface{}
		err := decoder.Decode(&value)
		if err == io.EOF {
			return objects
		}
		must(err)
		if value != nil {
			objects = append(objects, value)
		}
	}
}

func set(values object, path string, value string) {
	keys := strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		values = values[key].(object)
	}
	last := keys[len(keys)-1]
	if _, known := values[last]; !known {
		log.Fatalf("values.yaml has no %s", path)
	}
	var parsed interface{}
	must(json.Unmarshal([]byte(value), &parsed))
	values[last] = parsed
}

func main() {
	chart, release := os.Args[1], os.Args[2]
	if release == "-" {
		must(json.NewEncoder(os.Stdout).Encode(parse(read(chart))))
		return
	}
	values := parse(read(filepath.Join(chart, "values.yaml")))[0].(object)
	for _, pair := range os.Args[3:] {
		path, value, _ := strings.Cut(pair, "=")
		set(values, path, value)
	}
	about := parse(read(filepath.Join(chart, "Chart.yaml")))[0].(object)
	files := Files{}
	found, err := filepath.Glob(filepath.Join(chart, "files", "*", "*"))
	must(err)
	for _, path := range found {
		name, _ := filepath.Rel(chart, path)
		files[name] = read(path)
	}
	templates := template.New("").Option("missingkey=error")
	functions := sprig.TxtFuncMap()
	functions["include"] = func(name string, data interface{}) (string, error) {
		var text strings.Builder
		err := templates.ExecuteTemplate(&text, name, data)
		return text.String(), err
	}
	functions["toYaml"] = func(value interface{}) (string, error) {
		text, err := yaml.Marshal(value)
		return strings.TrimSuffix(string(text), "\n"), err
	}
	templates.Funcs(functions)
	paths, err := filepath.Glob(filepath.Join(chart, "templates", "*"))
	must(err)
	for _, path := range paths {
		template.Must(templates.New(filepath.Base(path)).Parse(string(read(path))))
	}
	data := object{
		"Values": values,
		// Helm spells the keys of Chart.yaml with a capital.
		"Chart":   object{"Name": about["name"], "Version": about["version"], "AppVersion": about["appVersion"]},
		"Release": object{"Name": release, "Namespace": "voip", "Service": "Helm"},
		"Files":   files,
	}
	objects := []interface{}{}
	for _, path := range paths {
		name := filepath.Base(path)
		var text bytes.Buffer
		must(templates.ExecuteTemplate(&text, name, data))
		if filepath.Ext(name) == ".yaml" {
			objects = append(objects, parse(text.Bytes())...)
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(objects))
}
