# What Prefect's own base job template for Kubernetes has no variables for: cards and the nodes that have them, secrets,
# volumes. jq --from-file containers/kubernetes.jq writes a template with them from one without.
.variables.properties += {
  gpus: {title: "GPUs", type: "integer", description: "Cards of NVIDIA's that a run gets. None, where this is not set."},
  node_selector: {
    title: "Node Selector", type: "object", additionalProperties: {type: "string"},
    description: "Labels of the nodes on which a run may work."
  },
  tolerations: {
    title: "Tolerations", type: "array", items: {type: "object"},
    description: "Taints of nodes on which a run may work all the same."
  },
  env_from: {
    title: "Environment From", type: "array", items: {type: "object"},
    description: "Secrets and config maps of which each entry is an environment variable."
  },
  volumes: {title: "Volumes", type: "array", items: {type: "object"}, description: "Volumes of the pod."},
  volume_mounts: {
    title: "Volume Mounts", type: "array", items: {type: "object"},
    description: "Where the volumes are in the container."
  }
}
| .job_configuration.job_manifest.spec.template.spec |= (
    .nodeSelector = "{{ node_selector }}"
    | .tolerations = "{{ tolerations }}"
    | .volumes = "{{ volumes }}"
    | .containers[0] |= (
        .envFrom = "{{ env_from }}"
        | .volumeMounts = "{{ volume_mounts }}"
        | .resources.limits["nvidia.com/gpu"] = "{{ gpus }}"
      )
  )
