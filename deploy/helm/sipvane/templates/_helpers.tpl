{{- define "sipvane.name" -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trimPrefix "sipvane-" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "sipvane.selector" -}}
app.kubernetes.io/name: sipvane
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sipvane.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "sipvane.selector" . }}
{{- end }}
